"""The words that settings and options share, and what is said of wrong ones."""

from __future__ import annotations

from collections.abc import Iterable

from pgleak_lint._spelling import did_you_mean
from pgleak_lint.findings.selection import unknown_words
from pgleak_lint.rules.diagnostics import DIAGNOSTICS
from pgleak_lint.rules.plugins import all_rules

EVIDENCE = ("proven", "likely", "weak")
SEVERITIES = ("error", "warning", "note")
PRESETS = ("recommended", "strict", "all")

_KINDS = {dict: "a table", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


class SettingsError(Exception):
    """Settings that cannot be used: one line for each fault."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def known_rules() -> list[tuple[str, str]]:
    """(code, name) of every rule, those of plugins too, and of every diagnostic."""
    rules = [(rule.META.code, rule.META.name) for rule in all_rules()]
    return rules + [(meta.code, meta.name) for meta in DIAGNOSTICS]


def check_words(place: str, words: Iterable[str]) -> list[str]:
    """A line for each word that names no rule."""
    lines = []
    for word, near in unknown_words(words, known_rules()):
        hint = f"; did you mean '{near}'?" if near else ""
        lines.append(f"{place}: no rule '{word}'{hint}")
    return lines


def check_choice(place: str, value: str, choices: tuple[str, ...]) -> list[str]:
    """A line if the value is none of the choices."""
    return [] if value in choices else [f"{place}: '{value}' is not one of {', '.join(choices)}"]


def unknown_key(place: str, key: str, known: Iterable[str]) -> str:
    """The line for a key that does not exist."""
    return f"{place}{': ' if place else ''}no setting '{key}'{did_you_mean(key, known)}"


def kind_of(value: object) -> str:
    """What a TOML value is, in words."""
    import datetime  # here, because settings hardly ever hold one

    dates = (datetime.date, datetime.time)
    return _KINDS.get(type(value), "a date or time" if isinstance(value, dates) else "something else")
