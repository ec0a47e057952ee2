"""What is kept between runs, and the file that it is kept in."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgleak_lint._digest import blake2b

FOLDER = ".pgleak_cache"
NAME = "results.json"
MOST = 100_000
"""Files that are remembered at most."""


@dataclass(slots=True)
class Entry:
    """One file. ``stamp`` is its (mtime in ns, size), None where it may have changed while it was read; ``digest`` that of its
    bytes, where they were read; ``imports`` the homes it imports. For a file that was checked: ``settings`` is the digest of
    all that the user said about it, ``shown`` how findings name it, ``result`` the encoded result, ``consulted`` the homes
    that its analysis looked into."""

    stamp: tuple[int, int] | None
    digest: str | None
    imports: tuple[str, ...]
    settings: str = ""
    shown: str = ""
    result: Any = None
    consulted: tuple[str, ...] = ()


@dataclass(slots=True)
class Folder:
    """A folder that modules were looked for in: its mtime in ns, None where that says nothing, and its modules and folders."""

    stamp: int | None
    names: frozenset[str]


@dataclass(slots=True)
class Table:
    """Entries by home, folders by path. ``context`` is the digest of all that every result depends on."""

    context: str
    entries: dict[str, Entry] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)


def cache_folder(root: str | None, chosen: str | None) -> Path:
    """Where a project's cache is: where the user says, else below the project's root."""
    return Path(chosen) if chosen is not None else Path(root or ".", FOLDER)


def delete_table(folder: Path) -> bool:
    """Delete what is kept in a folder, and the folder if nothing else is in it; whether there was anything. Raises OSError."""
    found = False
    for path in folder.glob(NAME + "*") if folder.is_dir() else ():
        path.unlink(missing_ok=True)
        found = True
    if found:
        (folder / ".gitignore").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()
    return found


def read_table(folder: Path, context: str) -> Table:
    """The table of that context; an empty one where there is none, or where it can't be trusted."""
    try:
        head, _, body = (folder / NAME).read_bytes().partition(b"\n")
        if head.decode("ascii") != _seal(body, context):
            return Table(context)
        return _table(json.loads(body), context)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return Table(context)


def write_table(folder: Path, table: Table) -> None:
    """Put the table in the place of the old one, all or nothing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")
    body = json.dumps(_data(table), separators=(",", ":")).encode("ascii")
    import tempfile  # here, because runs without a change write nothing

    handle, name = tempfile.mkstemp(dir=folder, prefix=NAME)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_seal(body, table.context).encode("ascii") + b"\n" + body)
        os.replace(name, folder / NAME)
    except BaseException:
        os.unlink(name)
        raise


def _seal(body: bytes, context: str) -> str:
    """The digest of a table. The context goes into it, and no one else knows that: what a stranger put into the folder (a
    branch that brings a cache of its own) is not even parsed."""
    return blake2b(body, digest_size=16, key=context.encode("utf-8")[:64]).hexdigest()


def _data(table: Table) -> dict[str, Any]:
    homes = list(table.entries)[-MOST:]
    numbers = {home: number for number, home in enumerate(homes)}

    def known(paths: tuple[str, ...]) -> list[int]:
        return [numbers[path] for path in paths if path in numbers]

    rows = []
    for home in homes:
        entry = table.entries[home]
        row: list[Any] = [entry.stamp, entry.digest, known(entry.imports)]
        if entry.settings:
            row += [entry.settings, entry.shown, entry.result, known(entry.consulted)]
        rows.append(row)
    return {
        "homes": homes,
        "entries": rows,
        "folders": {path: [folder.stamp, sorted(folder.names)] for path, folder in table.folders.items()},
    }


def _table(data: dict[str, Any], context: str) -> Table:
    homes: list[str] = data["homes"]
    table = Table(context)
    for home, (stamp, digest, imports, *checked) in zip(homes, data["entries"]):
        entry = Entry(tuple(stamp) if stamp else None, digest, tuple([homes[n] for n in imports]))
        if checked:
            entry.settings, entry.shown, entry.result, consulted = checked
            entry.consulted = tuple([homes[n] for n in consulted])
        table.entries[home] = entry
    for path, (stamp, names) in data["folders"].items():
        table.folders[path] = Folder(stamp, frozenset(names))
    return table
