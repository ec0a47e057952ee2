"""Text from source and file names, made harmless for a terminal."""

from __future__ import annotations

import unicodedata

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
_NO_CHARACTERS = frozenset("\ufffe\uffff")
"""XML has no way to say these."""
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})
TAB = "    "


def printable(text: str) -> str:
    """Control and bidirectional characters as ``\\x1b`` or ``\\u202e``; surrogates likewise."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    number = ord(char)
    if char in _BIDI or char in _NO_CHARACTERS or 0xD800 <= number <= 0xDFFF:
        return f"\\u{number:04x}"
    if unicodedata.category(char) == "Cc":
        return f"\\x{number:02x}"
    return char


def ascii_only(text: str) -> str:
    """For a stream that is not UTF-8: our own ellipsis in dots, everything else that is not ASCII escaped."""
    if text.isascii():
        return text
    return text.replace("…", "...").encode("ascii", "backslashreplace").decode("ascii")


def source_line(text: str, *, plain: bool = False) -> str:
    """A source line as it is shown: tabs as four spaces, the rest printable; ``plain``: in ASCII."""
    shown = "".join(TAB if char == "\t" else _shown(char) for char in text)
    return ascii_only(shown) if plain else shown


def shown_width(text: str, *, plain: bool = False) -> int:
    """How many terminal cells a piece of source takes as `source_line` shows it."""
    shown = source_line(text, plain=plain)
    return len(shown) if shown.isascii() else sum(map(_cells, shown))


def _cells(char: str) -> int:
    if unicodedata.category(char) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
