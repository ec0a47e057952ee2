"""One row a key: the docs and the schema say what validation does."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from pgleak_lint.config.keys import BY_NAME, KEYS, effective_keys
from pgleak_lint.config.schema import docs_rows, json_schema
from pgleak_lint.config.settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
NOT_IN_FILES = {"ignored_here", "suppressions", "root"}


def test_the_docs_have_every_key() -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [row for row in docs_rows() if row not in text]
    assert missing == [], "\n" + "\n".join(docs_rows())


def test_every_setting_has_a_key() -> None:
    known = {key.field for key in effective_keys()} - {"overrides"}
    assert known == {field.name for field in fields(Settings)} - NOT_IN_FILES


@pytest.mark.parametrize("name", [key.name for key in KEYS if key.default is not None])
def test_a_default_is_a_value_that_a_file_may_have(name: str) -> None:
    entry = json_schema()["properties"]
    for part in name.split("."):
        entry = entry[part] if part in entry else entry["properties"][part]
    read, faults = BY_NAME[name].kind.read(name, entry["default"])
    assert (read, faults) == (BY_NAME[name].default, [])


def test_the_schema_is_closed_and_is_json() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {key.name.partition(".")[0] for key in KEYS}
    inner = schema["properties"]["overrides"]["items"]
    assert inner["required"] == ["paths"]
    assert {"paths", "ignore", "severity", "select"} <= set(inner["properties"])
    assert "evidence" not in inner["properties"]
