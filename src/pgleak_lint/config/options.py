"""What a settings file may say: the keys, their types, their words."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Mapping
from typing import Any

from pgleak_lint.findings.selection import unknown_words
from pgleak_lint.rules import ALL
from pgleak_lint.rules.diagnostics import DIAGNOSTICS

EVIDENCE = ("proven", "likely", "weak")
SEVERITIES = ("error", "warning", "note")
FORMATS = ("text", "concise", "json")

_KINDS = {dict: "a table", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
_DATES = (datetime.date, datetime.time)


class SettingsError(Exception):
    """Settings that cannot be used: one line for each fault."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def known_rules() -> list[tuple[str, str]]:
    """(code, name) of every rule and diagnostic that can be selected."""
    rules = [(rule.META.code, rule.META.name) for rule in ALL]
    return rules + [(meta.code, meta.name) for meta in DIAGNOSTICS]


def check_words(place: str, words: tuple[str, ...]) -> list[str]:
    """A line for each word that names no rule."""
    lines = []
    for word, near in unknown_words(words, known_rules()):
        hint = f"; did you mean '{near}'?" if near else ""
        lines.append(f"{place}: no rule '{word}'{hint}")
    return lines


def check_choice(place: str, value: str, choices: tuple[str, ...]) -> list[str]:
    """A line if the value is none of the choices."""
    return [] if value in choices else [f"{place}: '{value}' is not one of {', '.join(choices)}"]


def kind_of(value: object) -> str:
    """What a TOML value is, in words."""
    return _KINDS.get(type(value), "a date or time" if isinstance(value, _DATES) else "something else")


def _texts(place: str, value: object) -> tuple[tuple[str, ...], list[str]]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value), []
    alien = next((item for item in value if not isinstance(item, str)), None) if isinstance(value, list) else None
    got = kind_of(value) if alien is None else f"a list with {kind_of(alien)}"
    return (), [f"{place}: expected a list of strings, got {got}"]


def _rules(place: str, value: object) -> tuple[tuple[str, ...], list[str]]:
    words, lines = _texts(place, value)
    return words, lines or check_words(place, words)


def _flag(place: str, value: object) -> tuple[bool, list[str]]:
    return (value, []) if isinstance(value, bool) else (False, [f"{place}: expected a boolean, got {kind_of(value)}"])


def _choice(choices: tuple[str, ...]) -> Callable[[str, object], tuple[str, list[str]]]:
    def read(place: str, value: object) -> tuple[str, list[str]]:
        if not isinstance(value, str):
            return "", [f"{place}: expected a string, got {kind_of(value)}"]
        return value, check_choice(place, value, choices)

    return read


def _per_file(place: str, value: object) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], list[str]]:
    if not isinstance(value, dict):
        return (), [f"{place}: expected a table, got {kind_of(value)}"]
    pairs, lines = [], []
    for glob, words in value.items():
        read, faults = _rules(f"{place}.{glob}", words)
        pairs.append((glob, read))
        lines += faults
    return tuple(pairs), lines


READERS: Mapping[str, Callable[[str, object], tuple[Any, list[str]]]] = {
    "select": _rules,
    "extend-select": _rules,
    "ignore": _rules,
    "exclude": _texts,
    "extend-exclude": _texts,
    "per-file-ignores": _per_file,
    "evidence": _choice(EVIDENCE),
    "safe-calls": _texts,
    "strict": _flag,
    "fail-on": _choice(SEVERITIES),
    "output-format": _choice(FORMATS),
}


def read_table(file: str, prefix: str, table: Mapping[str, object]) -> dict[str, Any]:
    """The checked values of a settings table, by field name of `Settings`. Raises `SettingsError` with every fault."""
    values: dict[str, Any] = {}
    lines: list[str] = []
    for key, value in table.items():
        reader = READERS.get(key)
        if reader is None:
            near = difflib.get_close_matches(key, READERS, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            lines.append(f"{file}: {prefix + ': ' if prefix else ''}no setting '{key}'{hint}")
            continue
        place = f"{file}: {prefix + '.' if prefix else ''}{key}"
        values[key.replace("-", "_")], faults = reader(place, value)
        lines += faults
    if lines:
        raise SettingsError(*lines)
    return values
