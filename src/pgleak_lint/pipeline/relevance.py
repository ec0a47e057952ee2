"""Which files can matter at all: a test on raw bytes, before anything is parsed."""

from __future__ import annotations

import re
from functools import lru_cache

from pgleak_lint.models.loader import load_catalog, relevant_words
from pgleak_lint.models.schema import Kind


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[bytes]:
    catalog = load_catalog()
    words = set(relevant_words())
    methods: set[str] = set()
    receivers: set[str] = set()
    for driver in catalog.drivers:
        for acquire in driver.acquires:
            if acquire.owned:
                methods.add(acquire.call.rpartition(".")[2])
        for model in driver.types:
            if model.kind is Kind.FACTORY:
                words.update(model.receivers)
            elif model.kind is Kind.POOL:
                receivers.update(model.receivers)
    methods.discard("__call__")
    owners = "|".join(sorted({re.escape(name.rpartition("_")[2]) for name in receivers}, key=len, reverse=True))
    calls = "|".join(sorted(map(re.escape, methods), key=len, reverse=True))
    literal = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"(?:{literal})|(?i:{owners})[\])\"']*(?:\(\))?\s*\.\s*(?:{calls})\s*\(".encode())


def can_matter(data: bytes) -> bool:
    """Whether a file with these bytes can hold an acquire site."""
    return _pattern().search(data) is not None
