"""Which rules are on: codes, prefixes and names, chosen and ignored."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def matches(word: str, code: str, name: str) -> int:
    """How specifically ``word`` names a rule: 0 not at all, else the more the longer the prefix; a name counts as a code."""
    plain = word.strip()
    if plain.lower() == name or plain.upper() == code:
        return len(code)
    if plain.upper() == "ALL":
        return 1
    return len(plain) if plain and code.startswith(plain.upper()) else 0


def is_selected(code: str, name: str, *, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Whether the rule is on: the most specific word wins, at a tie the one that ignores."""
    chosen = max((matches(word, code, name) for word in select), default=0)
    dropped = max((matches(word, code, name) for word in ignore), default=0)
    return chosen > dropped


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like ``word``, one that begins alike before others; None if none is like it."""
    ranked = sorted(
        (-difflib.SequenceMatcher(None, word, other).ratio() - other.startswith(word[:4]), other) for other in known
    )
    return ranked[0][1] if ranked and ranked[0][0] <= -0.5 else None


def unknown_words(words: Iterable[str], known: Sequence[tuple[str, str]]) -> list[tuple[str, str | None]]:
    """The words that name none of the (code, name) pairs, each with the nearest code or name."""
    vocabulary = [text for pair in known for text in pair]
    found: list[tuple[str, str | None]] = []
    for word in words:
        if not any(matches(word, code, name) for code, name in known):
            pool = [text for text in vocabulary if text.isupper()] if word.isupper() else vocabulary
            found.append((word, nearest(word, pool)))
    return found
