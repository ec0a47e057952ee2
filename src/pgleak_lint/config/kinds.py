"""The types of settings: how a value is checked, how it is named in the docs, and its JSON schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pgleak_lint._record import record
from pgleak_lint._spelling import did_you_mean
from pgleak_lint.config.options import SEVERITIES, check_choice, check_words, kind_of
from pgleak_lint.models.wrapper import Wrapper

Reader = Callable[[str, object], "tuple[Any, list[str]]"]


@record
class Kind:
    """``read(place, value)`` gives the checked value and a line for each fault; ``words`` names the type in the docs."""

    words: str
    read: Reader
    schema: Mapping[str, Any]


def _wrong(place: str, wanted: str, value: object) -> list[str]:
    return [f"{place}: expected {wanted}, got {kind_of(value)}"]


def _texts(place: str, value: object) -> tuple[tuple[str, ...], list[str]]:
    if not isinstance(value, list):
        return (), _wrong(place, "a list of strings", value)
    alien = [item for item in value if not isinstance(item, str)]
    if alien:
        return (), [f"{place}: expected a list of strings, got a list with {kind_of(alien[0])}"]
    return tuple(value), []


def _rules(place: str, value: object) -> tuple[tuple[str, ...], list[str]]:
    words, lines = _texts(place, value)
    return words, lines or check_words(place, words)


def _flag(place: str, value: object) -> tuple[bool, list[str]]:
    return (value, []) if isinstance(value, bool) else (False, _wrong(place, "a boolean", value))


def _text(place: str, value: object) -> tuple[str, list[str]]:
    return (value, []) if isinstance(value, str) else ("", _wrong(place, "a string", value))


def _path(place: str, value: object) -> tuple[str, list[str]]:
    text, lines = _text(place, value)
    return text, lines or ([] if text and "\0" not in text else [f"{place}: not a path: '{text}'"])


def _jobs(place: str, value: object) -> tuple[str, list[str]]:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        return "", _wrong(place, 'a number or "auto"', value)
    if text == "auto" or (text.isdecimal() and int(text) > 0):
        return text, []
    return "", [f"{place}: '{text}' is not a number above 0, or auto"]


def _specifier(place: str, value: object) -> tuple[str, list[str]]:
    from pgleak_lint.config.version import is_specifier

    text, lines = _text(place, value)
    if not lines and not is_specifier(text):
        lines = [f"{place}: '{text}' is not a version specifier (PEP 440)"]
    return text, lines


def _per_file(place: str, value: object) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], list[str]]:
    if not isinstance(value, dict):
        return (), _wrong(place, "a table", value)
    pairs, lines = [], []
    for glob, words in value.items():
        read, faults = _rules(f"{place}.{glob}", words)
        pairs.append((glob, read))
        lines += faults
    return tuple(pairs), lines


def _levels(place: str, value: object) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    if not isinstance(value, dict):
        return (), _wrong(place, "a table", value)
    pairs, lines = [], []
    for word, level in value.items():
        text, faults = choice(*SEVERITIES).read(f"{place}.{word}", level)
        pairs.append((word, text))
        lines += [*check_words(f"{place}.{word}", [word]), *faults]
    return tuple(pairs), lines


def _wrappers(place: str, value: object) -> tuple[tuple[Wrapper, ...], list[str]]:
    if not isinstance(value, list):
        return (), _wrong(place, "an array of tables", value)
    found, lines = [], []
    for number, table in enumerate(value):
        here = f"{place}[{number}]"
        if not isinstance(table, dict):
            lines += _wrong(here, "a table", table)
            continue
        lines += [
            f"{here}: no key '{word}'{did_you_mean(word, _WRAPPER_KEYS)}" for word in table if word not in _WRAPPER_KEYS
        ]
        acquire, faults = _texts(f"{here}.acquire", table.get("acquire", []))
        release, more = _texts(f"{here}.release", table.get("release", []))
        driver, rest = _text(f"{here}.driver", table.get("driver"))
        lines += [*faults, *more, *rest]
        found.append(Wrapper(acquire, release, driver, here))
    return tuple(found), lines


def choice(*words: str) -> Kind:
    """One of some words."""

    def read(place: str, value: object) -> tuple[str, list[str]]:
        text, lines = _text(place, value)
        return text, lines or check_choice(place, text, words)

    return Kind("one of " + ", ".join(f'`"{word}"`' for word in words), read, {"enum": list(words)})


_WRAPPER_KEYS = ("acquire", "release", "driver")
_STRINGS = {"type": "array", "items": {"type": "string"}}

RULES = Kind("list of codes, prefixes, names", _rules, _STRINGS)
TEXTS = Kind("list of strings", _texts, _STRINGS)
FLAG = Kind("boolean", _flag, {"type": "boolean"})
PATH = Kind("path", _path, {"type": "string", "minLength": 1})
JOBS = Kind('number or `"auto"`', _jobs, {"anyOf": [{"type": "integer", "minimum": 1}, {"const": "auto"}]})
SPECIFIER = Kind("version specifier", _specifier, {"type": "string"})
PER_FILE = Kind("table: glob → list of rules", _per_file, {"type": "object", "additionalProperties": _STRINGS})
LEVELS = Kind("table: rule → severity", _levels, {"type": "object", "additionalProperties": {"enum": list(SEVERITIES)}})
WRAPPERS = Kind(
    "array of tables",
    _wrappers,
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"acquire": _STRINGS, "release": _STRINGS, "driver": {"type": "string"}},
            "required": ["acquire", "driver"],
            "additionalProperties": False,
        },
    },
)
