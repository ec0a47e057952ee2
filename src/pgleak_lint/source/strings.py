"""Where the triple-quoted strings of a text stand, told without a parser: from what stands before the quotes on their lines."""

from __future__ import annotations

import re
from bisect import bisect_right

_TRIPLE = re.compile(r"\"\"\"|'''")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)
_FORMATTED = frozenset("fFtT")
LONGEST = 1_000
"""Characters before something on its line: what stands behind more of them is not told."""


class Quoted:
    """The strings and comments of a text, as bytes: what stands in them is never run, but where a string is a formatted one."""

    def __init__(self, data: bytes) -> None:
        text = data.decode("latin-1")  # a character a byte
        self._text = text
        self._strings = triple_quoted(text) if text.count("\r") == text.count("\r\n") else None
        self._starts = [start for start, _ in self._strings or ()]

    def has(self, place: int) -> bool:
        """Whether that place is in a triple-quoted string or a comment, as far as that can be told."""
        if self._strings is None:
            return False
        number = bisect_right(self._starts, place) - 1
        start, end = self._strings[number] if number >= 0 else (0, 0)
        if place < end:
            return not is_formatted(self._text[max(start - 2, 0) : start])
        before = before_on_line(self._text, place, end)
        return before is not None and "#" in before and "#" in _STRING.sub("", before)


def before_on_line(text: str, place: int, least: int = 0) -> str | None:
    """What stands before a place on its line, and behind the place ``least``; None if that is too long."""
    start = max(text.rfind("\n", max(place - LONGEST, 0), place) + 1, least)
    return text[start:place] if start > 0 or place <= LONGEST else None


def is_formatted(before: str) -> bool:
    """Whether a string of which the quotes follow that text may hold code."""
    return not _FORMATTED.isdisjoint(before[-2:])


def triple_quoted(text: str) -> list[tuple[int, int]] | None:
    """From where to where they go, quotes included, in the order of the text; None where a string that is not one of them goes on behind
    the end of its line, or one of them does not end."""
    found: list[tuple[int, int]] = []
    behind = 0
    match = _TRIPLE.search(text)
    while match is not None:
        start = match.start()
        before = before_on_line(text, start, behind)
        if before is None:
            return None
        outside = _STRING.sub("", before) if '"' in before or "'" in before else before
        if "#" in outside:  # in a comment
            match = _TRIPLE.search(text, max(text.find("\n", start), start + 1))
            continue
        if '"' in outside or "'" in outside:  # in a string
            match = _TRIPLE.search(text, start + 1)
            continue
        end = _closing(text, match[0], start + 3)
        if end is None:
            return None
        behind = end
        found.append((start, end))
        match = _TRIPLE.search(text, end)
    return None if _goes_on(text, found) else found


def _closing(text: str, quotes: str, start: int) -> int | None:
    """The end of the string whose text starts there."""
    end = text.find(quotes, start)
    while end >= 0:
        slashes = end
        while slashes > start and text[slashes - 1] == "\\":
            slashes -= 1
        if (end - slashes) % 2 == 0:
            return end + 3
        end = text.find(quotes, end + 1)
    return None


def _goes_on(text: str, triple: list[tuple[int, int]]) -> bool:
    """Whether a backslash at the end of a line stands in a string, outside of those that are triple-quoted."""
    starts = [start for start, _ in triple]
    place = text.find("\\\n")
    while place >= 0:
        number = bisect_right(starts, place) - 1
        end = triple[number][1] if number >= 0 else 0
        if place >= end:
            before = before_on_line(text, place, end)
            if before is None:
                return True
            outside = _STRING.sub("", before) if '"' in before or "'" in before else ""
            if ('"' in outside or "'" in outside) and "#" not in outside:
                return True
        place = text.find("\\\n", place + 2)
    return False
