"""BLAKE2 without OpenSSL, which `hashlib` loads first: that takes longer than a small run hashes."""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # another implementation of Python
    from hashlib import blake2b

__all__ = ["blake2b", "digest_of"]


def digest_of(data: bytes) -> str:
    """What tells the bytes of a file from others."""
    return blake2b(data, digest_size=12).hexdigest()
