"""From the paths of the command line to the files to check."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from functools import lru_cache
from pathlib import Path

from pgleak_lint._record import record
from pgleak_lint._spelling import nearest

SUFFIXES = (".py", ".pyw")
DEFAULT_EXCLUDES = (
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache",
    ".svn", ".tox", ".venv", ".venv-*", "__pycache__", "__pypackages__", "_build", "build", "dist", "node_modules",
    "site-packages", "venv",
)  # fmt: skip


class PathError(Exception):
    """Paths of the command line that cannot be checked: one line for each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@record
class Found:
    """``files`` in the order of the report, ``named`` those that the command line names itself
    (unreadable folders too); ``excluded`` counts the
    named ones that the settings exclude; ``empty`` are folders without any Python file, ``unreadable`` folders that could
    not be listed. ``errors`` are lines about paths that do not exist or are no Python files.

    Paths are texts as `os.fspath` spells a `Path`: there are thousands of them, and each `Path` takes as long as listing its file."""

    files: tuple[str, ...]
    named: frozenset[str]
    excluded: int
    empty: tuple[str, ...]
    unreadable: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def find_files(paths: Sequence[str], excludes: Sequence[str]) -> Found:
    """The Python files at and below the paths, sorted, each once, a real file rather than a link to it."""
    files: dict[str, str] = {}
    named: set[str] = set()
    unreadable: list[str] = []
    errors: list[str] = []
    empty: list[str] = []
    excluded = 0
    for text in dict.fromkeys(paths):
        path = Path(text)
        if os.path.isdir(path):
            walk = _Walk(os.fspath(path), excludes)
            walk.run()
            for file, real in walk.files:
                _add(files, file, real)
            unreadable += walk.unreadable
            named.update(folder for folder in walk.unreadable if folder == os.fspath(path))
            if not walk.files and not walk.unreadable:
                empty.append(text)
        elif error := _named_error(path, text):
            errors.append(error)
        elif is_excluded(path, excludes):
            excluded += 1
        else:
            named.add(_add(files, os.fspath(path), os.path.realpath(path)))
    ordered = tuple(sorted(files.values(), key=slashed))
    return Found(ordered, frozenset(named), excluded, tuple(empty), tuple(dict.fromkeys(unreadable)), tuple(errors))


def is_excluded(path: Path, excludes: Sequence[str], root: Path | None = None) -> bool:
    """Whether a part of the path below ``root`` (the working directory), or that as a whole, matches a pattern.

    Where a project lies is not its own choice: folders above the root never count.
    """
    below = relative_to(os.fspath(path), os.path.abspath(root or "."))
    shown, patterns = Path(path.name if below is None else below), _patterns(tuple(excludes))
    return patterns.whole(shown.as_posix()) or any(map(patterns.part, shown.parts))


def relative_to(path: str, root: str) -> str | None:
    """The path as seen from ``root``, an absolute path; None if it is not below."""
    absolute = os.path.abspath(path)
    if absolute == root:
        return "."
    base = root if root.endswith(os.sep) else root + os.sep
    return absolute[len(base) :] if absolute.startswith(base) else None


def slashed(path: str) -> str:
    """The path with slashes between its parts, on every system."""
    return path if os.sep == "/" else path.replace(os.sep, "/")


class _Patterns:
    """What globs say. Names, which most of them are, take no regular expression: compiling one takes longer than reading a file."""

    def __init__(self, excludes: Sequence[str]) -> None:
        written = [pattern.removeprefix("./").rstrip("/") for pattern in excludes]
        globs = [glob for glob in written if _SPECIAL.intersection(glob)]
        self._names = frozenset(written).difference(globs)
        self._part = _compiled(globs)
        self._whole = _compiled([*globs, *(f"*/{glob}" for glob in globs)])

    def part(self, name: str) -> bool:
        """Whether a single part of a path matches."""
        return name in self._names or self._part(name) is not None

    def whole(self, path: str) -> bool:
        """Whether a path with slashes matches, or its end behind a slash, by more than its last part."""
        return path in self._names or self._whole(path) is not None


_SPECIAL = frozenset("*?[/")


@lru_cache(maxsize=64)
def _patterns(excludes: tuple[str, ...]) -> _Patterns:
    return _Patterns(excludes)


def _compiled(globs: Sequence[str]) -> Callable[[str], object]:
    if not globs:
        return lambda text: None
    return re.compile("|".join(map(translate, globs))).match


def _add(files: dict[str, str], path: str, real: str) -> str:
    """Note a file once under its real path, and say under which name it stands there."""
    known = files.get(real)
    if known is None or (os.path.islink(known) and not os.path.islink(path)):
        files[real] = path
    return files[real]


def _named_error(path: Path, text: str) -> str | None:
    """Why a path that the user names is not to be read at all, as one line."""
    try:
        os.stat(path)
    except PermissionError:
        return None  # reading it later says so
    except (OSError, ValueError):
        return f"no such file or directory: {text}{_suggestion(path)}"
    if path.is_file() and path.suffix not in SUFFIXES and not _is_script(path):
        return f"{text}: not a Python file"
    return None


def _suggestion(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.exists())
    except (OSError, ValueError):
        return ""
    near = nearest(path.name, names)
    return "" if near is None else f"; did you mean '{path.parent / near}'?"


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return True  # reading it later says why
    return first.startswith(b"#!") and b"python" in first


class _Walk:
    """The files below one folder, each with its real path. Real folders come first; a link to a folder is followed only if it leads to one that
    was not seen, so that no ring of links can make the walk endless or dear."""

    def __init__(self, root: str, excludes: Sequence[str]) -> None:
        self.files: list[tuple[str, str]] = []
        self.unreadable: list[str] = []
        self._root = root
        self._patterns = _patterns(tuple(excludes))
        self._seen: set[tuple[int, int]] = set()
        self._links: list[str] = []

    def run(self) -> None:
        """Fill ``files`` and ``unreadable``."""
        waiting = [(self._root, os.path.realpath(self._root))]
        while waiting or self._links:
            if not waiting:
                link = self._links.pop(0)
                waiting.append((link, os.path.realpath(link)))
            folder, real = waiting.pop()
            waiting.extend(self._enter(folder, real))

    def _enter(self, folder: str, real: str) -> Iterator[tuple[str, str]]:
        """Take the files of one folder and give its folders, with their real paths."""
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in self._seen:
                return
            self._seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=_name, reverse=True)
        except OSError:
            self.unreadable.append(folder)
            return
        above = _prefix(folder)
        below = slashed(above[len(_prefix(self._root)) :])
        for entry in entries:
            name, is_link = entry.name, entry.is_symlink()
            path = above + name
            is_folder = os.path.isdir(path) if is_link else entry.is_dir(follow_symlinks=False)
            if not is_folder and (not name.endswith(SUFFIXES) or name.startswith(".#")):
                continue
            if self._patterns.part(name) or self._patterns.whole(below + name):
                continue
            if not is_folder:
                self.files.append((path, os.path.realpath(path) if is_link else os.path.join(real, name)))
            elif is_link:
                self._links.append(path)
            else:
                yield path, os.path.join(real, name)


def _prefix(folder: str) -> str:
    """What stands before the names of its files."""
    return "" if folder == os.curdir else os.path.join(folder, "")


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
