"""The settings as JSON schema and as a table for the docs."""

from __future__ import annotations

from typing import Any

from pgleak_lint.config.keys import BY_FIELD, KEYS, OVERRIDABLE, Key, Override, Scope
from pgleak_lint.models.wrapper import Wrapper

_PROJECT_NOTE = " (in the project's root file only)"


def json_schema() -> dict[str, Any]:
    """What a settings file of our own may contain; for a ``pyproject.toml``, what its table may."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of pgleak-lint",
        **_table(KEYS),
    }


def _table(keys: tuple[Key, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for key in keys:
        group, _, name = key.name.rpartition(".")
        place = properties
        if group:
            place = properties.setdefault(group, {**_table(()), "properties": {}})["properties"]
        place[name] = _property(key)
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _property(key: Key) -> dict[str, Any]:
    entry: dict[str, Any] = {"description": key.doc.replace("`", "") + _note(key), **key.kind.schema}
    if key.name == "overrides":
        table = _table(tuple(OVERRIDABLE.values()))
        entry |= {"type": "array", "items": {**table, "required": ["paths"]}}
    if key.default is not None:
        entry["default"] = plain(key, key.default)
    return entry


def docs_rows() -> list[str]:
    """A row of the table in the docs for each key."""
    return [f"| `{key.name}` | {key.kind.words}{_default(key)} | {key.doc}{_note(key)} |" for key in KEYS]


def _default(key: Key) -> str:
    value = key.default
    if value in (None, ()) or key.name == "exclude":
        return ""
    return f"; `{str(value).lower()}`" if isinstance(value, bool) else f'; `"{value}"`'


def _note(key: Key) -> str:
    return _PROJECT_NOTE if key.scope is Scope.PROJECT else ""


def plain(key: Key, value: Any) -> Any:
    """A setting's value as lists and tables, as a file would have it."""
    if key.kind.schema.get("type") == "object":  # kept as pairs
        return {name: list(inner) if isinstance(inner, tuple) else inner for name, inner in value}
    if isinstance(value, tuple):
        return [_plain_item(item) for item in value]
    return value


def _plain_item(item: Any) -> Any:
    if isinstance(item, Override):
        return _override(item)
    if isinstance(item, Wrapper):
        return {"acquire": list(item.acquire), "release": list(item.release), "driver": item.driver}
    return item


def _override(override: Override) -> dict[str, Any]:
    values = {BY_FIELD[field].name: plain(BY_FIELD[field], value) for field, value in override.values.items()}
    return {"paths": list(override.paths), **values}
