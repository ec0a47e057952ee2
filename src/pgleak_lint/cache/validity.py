"""Which entries of a table still hold: told from the files as they are now."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable

from pgleak_lint._digest import digest_of
from pgleak_lint.cache.table import Folder, Table

SETTLED = 2_000_000_000
"""Nanoseconds after which a time stamp can be believed: two changes within a tick of a clock have one stamp."""

Stamp = tuple[int, int]


def stamp_of(path: str, now: int) -> Stamp | None:
    """The (mtime, size) of a file; None if it can't be had, or if the file changed so lately that it says nothing."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size) if _is_settled(status.st_mtime_ns, now) else None


def folder_of(path: str, now: int) -> Folder:
    """A folder as it is."""
    try:
        stamp: int | None = os.stat(path).st_mtime_ns
        names = frozenset(_modules_in(path))
    except OSError:
        return Folder(None, frozenset())
    return Folder(stamp if stamp is not None and _is_settled(stamp, now) else None, names)


def invalid_homes(table: Table, now: int | None = None) -> frozenset[str]:
    """The homes whose results no longer hold: files that changed, or whose names mean another file now, and what depends on
    them."""
    now = time.time_ns() if now is None else now
    changed = {home for home, entry in table.entries.items() if _has_changed(home, entry.stamp, entry.digest, now)}
    changed |= _meaning_others(table, changed, now)
    near = _reaching(changed, table, _imports(table), 2)
    return frozenset(
        home for home, entry in table.entries.items() if home in near or not near.isdisjoint(entry.consulted)
    )


def _imports(table: Table) -> dict[str, list[str]]:
    importers: defaultdict[str, list[str]] = defaultdict(list)
    for home, entry in table.entries.items():
        for imported in entry.imports:
            importers[imported].append(home)
    return importers


def _reaching(homes: Iterable[str], table: Table, importers: dict[str, list[str]], distance: int) -> set[str]:
    """The homes, and those that import them in so many steps."""
    found = set(homes)
    latest = set(found)
    for _ in range(distance):
        latest = {importer for home in latest for importer in importers.get(home, ())} - found
        found |= latest
    return found


def _has_changed(home: str, stamp: Stamp | None, digest: str | None, now: int) -> bool:
    if stamp is not None and stamp_of(home, now) == stamp:
        return False
    if digest is None:
        return True
    try:
        with open(home, "rb") as file:
            return digest_of(file.read()) != digest
    except OSError:
        return True


def _meaning_others(table: Table, changed: set[str], now: int) -> set[str]:
    """The files in which a word may mean a module that came or went since."""
    words: set[bytes] = set()
    found: set[str] = set()
    for path, folder in table.folders.items():
        current = (
            folder if folder.stamp is not None and _stamp_of_folder(path) == folder.stamp else folder_of(path, now)
        )
        for name in current.names ^ folder.names:
            stem = name.removesuffix(".py")
            words.add(os.fsencode(os.path.basename(path) if stem == "__init__" else stem))
            if stem == "__init__":  # what is below has another name now
                found.update(home for home in table.entries if home.startswith(path + os.sep))
    if words:
        found.update(home for home in table.entries if home not in changed and _mentions(home, words))
    return found


def _mentions(home: str, words: set[bytes]) -> bool:
    try:
        with open(home, "rb") as file:
            data = file.read()
    except OSError:
        return True
    return any(word in data for word in words)


def _stamp_of_folder(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None


def _modules_in(path: str) -> Iterable[str]:
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.endswith(".py") or (entry.name.isidentifier() and entry.is_dir()):
                yield entry.name


def _is_settled(stamp: int, now: int) -> bool:
    return stamp < now - SETTLED
