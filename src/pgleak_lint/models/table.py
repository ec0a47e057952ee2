"""Reads one table of a model file strictly: a key that is unknown, missing or of the wrong type is a `ModelError`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

from pgleak_lint._spelling import did_you_mean

KEYS: Mapping[str, tuple[str, ...]] = {
    key: tuple(words.split())
    for key, words in {
        "": "schema driver type look_alike maker resource acquire pool transaction lock",
        "driver": "name packages distributions verified source probe",
        "type": "name kind also members receivers ends source probe since until",
        "look_alike": "module types makers doubles source",
        "maker": "call also gives form source probe since until",
        "resource": "id driver kind noun type async release wrong_releases on_with with_commits on_gc repeat after_release"
        " uses keeps fluent lazy passive idles blocks query_coroutines tells_closed tells_open help source probe since until",
        "release": "method on awaited position keywords usable",
        "acquire": "call also gives form owned unmistakable unless_given commits fallback source probe since until",
        "pool": "type exhausted reentrant open_transaction tried survives queries parameter source probe since until",
        "parameter": "role of name default",
        "transaction": "begin maker ends awaited on_with source probe since until",
        "lock": "database takes frees source probe since until",
    }.items()
}
"""The keys that each table may have."""

_LABELS = ("id", "name", "call", "method", "module", "type", "begin", "database")
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_LISTED = 24
REQUIRED: Any = object()
"""The default of a key that must be there."""


E = TypeVar("E", bound=Enum)


class ModelError(Exception):
    """A model file that cannot be used: ``path`` of the file, ``where`` in it, and what is wrong there."""

    def __init__(self, path: str, where: str, message: str) -> None:
        super().__init__(": ".join(part for part in (path, where, message) if part))
        self.path = path
        self.where = where
        self.message = message


class Table:
    """One table of a file; ``key`` says which one. A key that it may not have is an error at once."""

    def __init__(self, key: str, data: Mapping[str, object], path: str, where: str) -> None:
        self._data = data
        self._path = path
        self._where = where
        for word in data:
            if word not in KEYS[key]:
                raise self.error(f"unknown key '{word}'{hint(word, KEYS[key])}")

    def error(self, message: str) -> ModelError:
        return ModelError(self._path, self._where, message)

    def _value(self, key: str, kind: type, name: str, default: object) -> Any:
        value = self._data.get(key, default)
        if value is REQUIRED:
            raise self.error(f"missing key '{key}'")
        if key in self._data and type(value) is not kind:
            raise self.error(f"key '{key}' must be {name}, not {_described(value)}")
        return value

    def text(self, key: str, default: str = REQUIRED) -> str:
        value: str = self._value(key, str, "a string", default)
        if not value.strip():
            raise self.error(f"key '{key}' must not be empty")
        return value

    def text_or_none(self, key: str) -> str | None:
        return self.text(key) if key in self._data else None

    def flag(self, key: str, *, default: bool = REQUIRED) -> bool:
        value: bool = self._value(key, bool, "true or false", default)
        return value

    def number(self, key: str, default: int = REQUIRED) -> int:
        value: int = self._value(key, int, "a whole number", default)
        return value

    def texts(self, key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        values = self._value(key, list, "a list of strings", default)
        for value in values:
            if type(value) is not str:
                raise self.error(f"key '{key}' must be a list of strings, and holds {_described(value)}")
        return tuple(values)

    def dotted(self, key: str) -> str:
        return self.check_dotted(key, self.text(key))

    def dotted_texts(self, key: str) -> tuple[str, ...]:
        return tuple(self.check_dotted(key, value) for value in self.texts(key))

    def check_dotted(self, key: str, value: str) -> str:
        if _DOTTED.fullmatch(value):
            return value
        raise self.error(f"key '{key}' must hold names such as 'package.name', not '{value}'")

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        values: Mapping[str, object] = self._value(key, dict, "a table of strings", {})
        for name, value in values.items():
            if type(value) is not str:
                raise self.error(f"key '{key}': '{name}' must be a string, not {_described(value)}")
        return tuple((name, str(value)) for name, value in values.items())

    def choice(self, key: str, words: type[E], default: E = REQUIRED) -> E:
        value = self.text(key, default if default is REQUIRED else default.value)
        self.check_word(key, value, [word.value for word in words])
        return words(value)

    def check_word(self, key: str, value: str, words: Collection[str]) -> str:
        if value in words:
            return value
        raise self.error(f"key '{key}': unknown value '{value}'{hint(value, words)}")

    def words(self, key: str, words: type[E]) -> tuple[E, ...]:
        known = [word.value for word in words]
        return tuple(words(self.check_word(key, value, known)) for value in self.texts(key))

    def flag_or_none(self, key: str) -> bool | None:
        return self.flag(key) if key in self._data else None

    def has(self, key: str) -> bool:
        return key in self._data

    def table(self, key: str) -> Table:
        return Table(key, self._value(key, dict, "a table", REQUIRED), self._path, f"[{key}]")

    def tables(self, key: str) -> tuple[Table, ...]:
        rows = self._value(key, list, "an array of tables", ())
        return tuple(self._row(key, number, row) for number, row in enumerate(rows, start=1))

    def _row(self, key: str, number: int, row: object) -> Table:
        if not isinstance(row, dict):
            raise self.error(f"key '{key}' must be an array of tables, and holds {_described(row)}")
        label = next((row[word] for word in _LABELS if word in row), number)
        return Table(key, row, self._path, f"{self._where} [[{key}]] {label}".lstrip())


def hint(word: str, known: Collection[str]) -> str:
    """What to say after an unknown word: the nearest valid one, else all of them, where they are few."""
    if near := did_you_mean(word, known):
        return near
    return f"; valid: {', '.join(known) or 'none'}" if len(known) <= _LISTED else ""


def _described(value: object) -> str:
    names = {str: "a string", bool: "a boolean", list: "a list", dict: "a table"}
    other = "a number" if isinstance(value, (int, float)) else f"a {type(value).__name__}"
    return names.get(type(value), other)
