"""Where the triple-quoted strings of a text stand, told without a parser: from what stands before the quotes on their lines."""

from __future__ import annotations

import re
from bisect import bisect_right

_TRIPLE = re.compile(r"\"\"\"|'''")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)
_FORMATTED = frozenset("fFtT")


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
            return not is_formatted(self._text[:start][-2:])
        before = self._text[max(self._text.rfind("\n", 0, place) + 1, end) : place]
        return "#" in before and "#" in _STRING.sub("", before)


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
        before = text[max(text.rfind("\n", 0, start) + 1, behind) : start]
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
        before = text[start:end]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return end + 3
        end = text.find(quotes, end + 1)
    return None


def _goes_on(text: str, triple: list[tuple[int, int]]) -> bool:
    """Whether a backslash at the end of a line stands in a string, outside of those that are triple-quoted."""
    place = text.find("\\\n")
    while place >= 0:
        start = text.rfind("\n", 0, place) + 1
        if '"' in text[start:place] or "'" in text[start:place]:
            inside = any(first < place and start < end for first, end in triple)
            outside = _STRING.sub("", text[start:place])
            if not inside and ('"' in outside or "'" in outside) and "#" not in outside:
                return True
        place = text.find("\\\n", place + 2)
    return False
