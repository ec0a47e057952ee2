"""Text from source and file names, made harmless for a terminal."""

from __future__ import annotations

import unicodedata

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
TAB = "    "


def printable(text: str) -> str:
    """Control and bidirectional characters as ``\\x1b`` or ``\\u202e``; surrogates likewise."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    number = ord(char)
    if char in _BIDI or 0xD800 <= number <= 0xDFFF:
        return f"\\u{number:04x}"
    if unicodedata.category(char) == "Cc":
        return f"\\x{number:02x}"
    return char


def source_line(text: str) -> str:
    """A source line as it is shown: tabs as four spaces, the rest printable."""
    return "".join(TAB if char == "\t" else _shown(char) for char in text)


def shown_width(text: str) -> int:
    """How many terminal cells a piece of source takes as `source_line` shows it."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in source_line(text))
