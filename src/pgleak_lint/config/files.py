"""Reads settings files: TOML, our table in it, the files that it extends, the version that it asks for."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pgleak_lint._record import record
from pgleak_lint._version import __version__
from pgleak_lint.config.keys import BY_NAME, PLACES, read_keys
from pgleak_lint.config.options import SettingsError, kind_of

NAMES = ("pgleak-lint.toml", ".pgleak-lint.toml", "pyproject.toml")
TABLE = "tool.pgleak-lint"


@record
class SettingsFile:
    """The checked values of one file, by field. ``place`` stands before a key in what is said of it."""

    path: Path
    shown: str
    place: str
    values: Mapping[str, Any]
    extend: str | None = None
    is_root: bool = False


Chain = tuple[SettingsFile, ...]
"""A settings file, what it extends, what that extends."""


def read_chain(path: Path) -> Chain | None:
    """The file and what it extends; None for a ``pyproject.toml`` without our table. Raises `SettingsError`."""
    first = read_settings_file(path)
    if first is None:
        return None
    chain = [first]
    while chain[-1].extend is not None:
        last = chain[-1]
        target = last.path.parent / str(last.extend)
        seen = [os.path.realpath(file.path) for file in chain]
        if os.path.realpath(target) in seen:
            loop = chain[seen.index(os.path.realpath(target)) :]
            names = " → ".join([file.shown for file in loop] + [loop[0].shown])
            raise SettingsError(f"{loop[0].place}extend: loop {names}")
        if not target.is_file():
            raise SettingsError(f"{last.place}extend: no such file: {last.extend}")
        found = read_settings_file(target)
        if found is None:
            raise SettingsError(f"{last.place}extend: {last.extend} has no [{TABLE}]")
        chain.append(found)
    return (first, *(_seen_from(file, first.path.parent) for file in chain[1:]))


def _seen_from(file: SettingsFile, folder: Path) -> SettingsFile:
    """The file with its globs bound to its own folder, where that is not the one they will be relative to."""
    globs = file.values.get("per_file_ignores", ())
    own = os.path.abspath(file.path.parent)
    if not globs or own == os.path.abspath(folder):
        return file
    bound = tuple((_bound(pattern, own), words) for pattern, words in globs)
    values = {**file.values, "per_file_ignores": bound}
    return SettingsFile(file.path, file.shown, file.place, values, file.extend, file.is_root)


def _bound(pattern: str, folder: str) -> str:
    plain = pattern.removeprefix("./")
    return f"{glob.escape(folder)}/{plain}" if "/" in plain.rstrip("/") else plain


def read_settings_file(path: Path) -> SettingsFile | None:
    """One settings file, None for a ``pyproject.toml`` without our table. Raises `SettingsError`."""
    shown = Path(os.path.relpath(path)).as_posix()
    table: object = _parse(shown, path)
    own = path.name != "pyproject.toml"
    if not own and isinstance(table, dict):
        tool = table.get("tool", {})
        table = tool.get("pgleak-lint") if isinstance(tool, dict) else None
        if table is None:
            return None
    if not isinstance(table, dict):
        raise SettingsError(f"{shown}: {TABLE}: expected a table, got {kind_of(table)}")
    _check_version(shown, table.get("required-version"))
    prefix = f"{shown}: " if own else f"{shown}: {TABLE}."
    values, lines = read_keys(table, BY_NAME, shown if own else f"{shown}: {TABLE}", prefix)
    if lines:
        raise SettingsError(*lines)
    values.pop("required_version", None)
    for field in PLACES:
        if field in values:
            values[field] = Path(os.path.relpath(path.parent / values[field])).as_posix()
    extend, is_root = values.pop("extend", None), values.pop("root", False)
    return SettingsFile(path, shown, prefix, values, extend, is_root)


def _check_version(shown: str, wanted: object) -> None:
    """First of all, since a file for another version may well have keys that this one does not know."""
    place = f"{shown}: required-version"
    if isinstance(wanted, str) and not BY_NAME["required-version"].kind.read(place, wanted)[1]:
        from pgleak_lint.config.version import allows

        if not allows(wanted, __version__):
            raise SettingsError(f"{place} '{wanted}' excludes this version, {__version__}")


def _parse(shown: str, path: Path) -> dict[str, Any]:
    # here, because many runs find no settings
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_syntax_line(shown, str(error), text)) from None
    except RecursionError:
        raise SettingsError(f"{shown}: not valid TOML: nested too deeply") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{shown}: not valid TOML: not UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{shown}: cannot read: {(error.strerror or 'unknown error').lower()}") from None


def _syntax_line(shown: str, words: str, text: str) -> str:
    place = re.search(r"\(at line (\d+), column (\d+)\)", words)
    line, column = (int(place[1]), int(place[2])) if place else _end(text)
    plain = re.sub(r"\s*\(at .*\)$", "", words)
    return f"{shown}:{line}:{column}: not valid TOML: {plain}"


def _end(text: str) -> tuple[int, int]:
    lines = text.rstrip("\n").split("\n")
    return len(lines), len(lines[-1]) + 1
