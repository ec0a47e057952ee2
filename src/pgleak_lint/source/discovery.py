"""From the paths of the command line to the files to check."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

SUFFIXES = (".py", ".pyw")
DEFAULT_EXCLUDES = (
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache",
    ".svn", ".tox", ".venv", ".venv-*", "__pycache__", "__pypackages__", "_build", "build", "dist", "node_modules",
    "site-packages", "venv",
)  # fmt: skip


class PathError(Exception):
    """A path of the command line that cannot be checked, as one line for the user."""


@dataclass(frozen=True, slots=True)
class Found:
    """``files`` in the order of the report, ``named`` those that the command line names itself; ``excluded`` counts the
    named ones that the settings exclude; ``empty`` are folders without any Python file."""

    files: tuple[Path, ...]
    named: frozenset[Path]
    excluded: int
    empty: tuple[str, ...]


def find_files(paths: Sequence[str], excludes: Sequence[str]) -> Found:
    """The Python files at and below the paths, sorted, each once.

    Raises `PathError` for a path that does not exist or is no Python file.
    """
    files: dict[Path, None] = {}
    named: set[Path] = set()
    excluded = 0
    empty: list[str] = []
    for text in paths:
        path = Path(text)
        if path.is_dir():
            below = list(_walk(path, excludes))
            if not below:
                empty.append(text)
            files.update(dict.fromkeys(below))
            continue
        _check_named(path, text)
        if is_excluded(path, excludes):
            excluded += 1
            continue
        files[path] = None
        named.add(path)
    return Found(tuple(sorted(files, key=lambda p: p.as_posix())), frozenset(named), excluded, tuple(empty))


def is_excluded(path: Path, excludes: Sequence[str]) -> bool:
    """Whether any part of the path, or the path as a whole, matches an exclude pattern."""
    text = path.as_posix()
    return any(
        fnmatchcase(text, pattern)
        or fnmatchcase(text, f"*/{pattern}")
        or any(fnmatchcase(part, pattern) for part in path.parts)
        for pattern in (p.rstrip("/") for p in excludes)
    )


def _check_named(path: Path, text: str) -> None:
    if not path.exists() and not path.is_fifo():
        raise PathError(f"no such file or directory: {text}{_suggestion(path)}")
    if path.is_file() and path.suffix not in SUFFIXES and not _is_script(path):
        raise PathError(f"{text}: not a Python file")


def _suggestion(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"; did you mean '{path.parent / near[0]}'?" if near else ""


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return True  # reading it later says why
    return first.startswith(b"#!") and b"python" in first


def _walk(root: Path, excludes: Sequence[str]) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        try:
            status = os.stat(folder)
        except OSError:
            continue
        if (status.st_dev, status.st_ino) in seen:  # a link that leads back up
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not is_excluded(_below(root, here / name), excludes))
        for name in names:
            if (
                name.endswith(SUFFIXES)
                and not name.startswith(".#")
                and not is_excluded(_below(root, here / name), excludes)
            ):
                yield here / name


def _below(root: Path, path: Path) -> Path:
    return path.relative_to(root)
