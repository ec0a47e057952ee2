"""The words of a text: its identifiers, keywords and what looks like them in strings and comments."""

from __future__ import annotations

from functools import lru_cache

_WORD_BYTES = bytes(byte if chr(byte).isalnum() or byte == ord("_") or byte >= 128 else ord(" ") for byte in range(256))
"""Any byte → itself if it can stand in an identifier, else a space."""


def words_of(data: bytes) -> frozenset[bytes]:
    """Every word of the text. Twenty times as fast as parsing, and faster than searching for a few words."""
    return frozenset(data.translate(_WORD_BYTES).split())


@lru_cache(maxsize=1)  # asked several times about one text after the other
def joined(words: frozenset[bytes]) -> bytes:
    """All of the words, with a space between."""
    return b" ".join(words)


def identifiers_of(text: str) -> frozenset[bytes]:
    """The words of a text as Python's parser spells identifiers (PEP 3131)."""
    if not text.isascii():
        from unicodedata import normalize

        text = normalize("NFKC", text)
    return words_of(text.encode("utf-8", "surrogatepass"))


def has_word(text: str, word: str) -> bool:
    """Whether a word stands in the text, not as a part of another one."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (_continues(text[start - 1 : start]) or _continues(text[end : end + 1])):
            return True
        start = text.find(word, end)
    return False


def _continues(character: str) -> bool:
    return character.isalnum() or character == "_"
