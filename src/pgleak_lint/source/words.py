"""The words of a text: its identifiers, keywords and what looks like them in strings and comments."""

from __future__ import annotations

_WORD_BYTES = bytes(byte if chr(byte).isalnum() or byte == ord("_") or byte >= 128 else ord(" ") for byte in range(256))
"""Any byte → itself if it can stand in an identifier, else a space."""


def words_of(data: bytes) -> frozenset[bytes]:
    """Every word of the text. Twenty times as fast as parsing, and faster than searching for a few words."""
    return frozenset(data.translate(_WORD_BYTES).split())
