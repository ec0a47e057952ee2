"""Which file a module name means: the import system's rules, as far as the files alone tell.

Import roots are the folders of the project that stand on ``sys.path`` when its code runs: the folder above a file's
outermost package, the project's root, and the settings' ``src`` folders. What is installed elsewhere is never looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

_SUFFIXES = (".py",)
_INIT = "__init__"
_PACKAGE = os.sep + _INIT + ".py"


class Layout:
    """Module names and files of one project. ``roots`` are its import roots, the first one first."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(dict.fromkeys(os.path.abspath(root) for root in roots))
        self._roots: dict[str, tuple[str, ...]] = {}
        self._found: dict[tuple[str, ...], dict[str, str | None]] = {}

    def roots_of(self, path: str) -> tuple[str, ...]:
        """The import roots as seen from one file: the folder above its outermost package comes first."""
        folder = os.path.dirname(path)
        if folder not in self._roots:
            own = package_root(folder)
            self._roots[folder] = (own, *(root for root in self.roots if root != own))
        return self._roots[folder]

    def name_of(self, path: str) -> str:
        """The dotted name under which the other modules import the file."""
        for root in self.roots_of(path):
            if path.startswith(root + os.sep):
                parts = path[len(root) + 1 :].rpartition(".")[0].split(os.sep)
                if parts[-1] == _INIT:
                    parts.pop()
                if parts and all(part.isidentifier() for part in parts):
                    return ".".join(parts)
        return Path(path).stem

    def tops_of(self, path: str) -> frozenset[bytes]:
        """The first parts of all names by which the file can import something of the project, as its text spells them."""
        return _names_in_all(self.roots_of(path))

    def find(self, name: str, importer: str) -> str | None:
        """The file of the module ``name``, as the file ``importer`` would import it; None for what is not of the project.
        A package without ``__init__`` has no file, and its modules have."""
        return next(iter(self.find_all([name], importer)), None)

    def find_all(self, names: Iterable[str], importer: str) -> set[str]:
        """The files of those of the modules that are of the project."""
        roots = self.roots_of(importer)
        known = self._found.setdefault(roots, {})
        found = set()
        for name in sorted(names):  # a package before what may be in it
            if name not in known:
                above = known.get(name.rpartition(".")[0])
                known[name] = _find(name, roots) if above is None or above.endswith(_PACKAGE) else None
            found.add(known[name])
        return {file for file in found if file is not None}


def _find(name: str, roots: Sequence[str]) -> str | None:
    return next(filter(None, (_file_below(root, name.split(".")) for root in roots)), None)


def _file_below(root: str, parts: list[str]) -> str | None:
    if parts[0] not in _names_in(root):
        return None  # most imports: of the standard library, or installed
    folder = os.path.join(root, *parts[:-1])
    if parts[-1] not in _names_in(folder):
        return None
    base = os.path.join(folder, parts[-1])
    for candidate in (os.path.join(base, f"{_INIT}.py"), *(base + suffix for suffix in _SUFFIXES)):
        if os.path.isfile(candidate):
            return candidate
    return None


@lru_cache(maxsize=16_384)
def _names_in(folder: str) -> frozenset[str]:
    try:
        return frozenset(name.partition(".")[0] for name in os.listdir(folder))
    except OSError:
        return frozenset()


@lru_cache(maxsize=1024)
def _names_in_all(folders: tuple[str, ...]) -> frozenset[bytes]:
    return frozenset(name.encode("utf-8", "surrogatepass") for folder in folders for name in _names_in(folder))


@lru_cache(maxsize=4096)
def package_root(folder: str) -> str:
    """The nearest folder from here upwards that is no package."""
    while os.path.isfile(os.path.join(folder, f"{_INIT}.py")):
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    return folder


def forget_folders() -> None:
    """Look at folders again: for a process that outlives changes of files."""
    _names_in.cache_clear()
    _names_in_all.cache_clear()
    package_root.cache_clear()
