"""The known word that somebody who wrote another one may have meant."""

from __future__ import annotations

from collections.abc import Iterable

GENEROUS = 0.5
"""The likeness that is enough where the known words are few."""


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The most similar of the known words; None if none is similar enough (0: anything, 1: the same)."""
    import difflib  # here, because most runs meet no wrong word

    found = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The nearest word, as the end of a line; nothing where none is near."""
    near = nearest(word, known, cutoff)
    return "" if near is None else f"; did you mean '{near}'?"
