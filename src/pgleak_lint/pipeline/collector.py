"""How often the garbage collector runs while files are checked."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECTIONS = (1_000_000, 20, 100)
"""Syntax trees and outlines are many objects and no cycles: by its defaults the collector takes half of the time."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """While files are checked in a process that does other things as well."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
