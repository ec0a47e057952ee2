"""Finds settings files upwards from each checked file, reads them, and lays the options of the command line over them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pgleak_lint.config.options import SettingsError, kind_of, read_table
from pgleak_lint.config.settings import Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAMES = ("pgleak-lint.toml", ".pgleak-lint.toml", "pyproject.toml")
TABLE = "tool.pgleak-lint"


class SettingsFinder:
    """The settings for any file: option, nearest settings file, default. Folders are looked up once."""

    def __init__(self, overrides: Mapping[str, Any], *, config: str | None = None, isolated: bool = False) -> None:
        self._overrides = dict(overrides)
        self._fixed: Settings | None = None
        self._folders: dict[Path, Settings] = {}
        if isolated:
            self._fixed = self._merge({}, None)
        elif config is not None:
            path = Path(config)
            if not path.is_file():
                raise SettingsError(f"--config: no such file: {config}")
            self._fixed = self._merge(read_settings_file(path) or {}, path.parent)

    def for_file(self, path: Path) -> Settings:
        """The settings for one file. Raises `SettingsError`."""
        return self.for_folder(Path(os.path.abspath(path)).parent)

    def for_folder(self, folder: Path) -> Settings:
        """The settings for the files in one folder (an absolute path)."""
        if self._fixed is not None:
            return self._fixed
        if folder not in self._folders:
            self._folders[folder] = self._look_up(folder)
        return self._folders[folder]

    def _look_up(self, folder: Path) -> Settings:
        for name in NAMES:
            path = folder / name
            if path.is_file():
                values = read_settings_file(path)
                if values is not None:
                    return self._merge(values, folder)
        if (folder / ".git").exists() or folder.parent == folder:
            return self._merge({}, None)
        return self.for_folder(folder.parent)

    def _merge(self, values: Mapping[str, Any], root: Path | None) -> Settings:
        settings = replace(Settings(), **values, root=str(root) if root else None)
        return replace(settings, **self._overrides)


def read_settings_file(path: Path) -> dict[str, Any] | None:
    """The checked values of a settings file, None for a ``pyproject.toml`` without our table. Raises `SettingsError`."""
    shown = os.path.relpath(path)
    data = _parse(shown, path)
    if path.name != "pyproject.toml":
        return read_table(shown, "", data)
    tool = data.get("tool", {})
    table = tool.get("pgleak-lint") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise SettingsError(f"{shown}: {TABLE}: expected a table, got {kind_of(table)}")
    return read_table(shown, TABLE, table)


def _parse(shown: str, path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_syntax_line(shown, str(error), text)) from None
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
