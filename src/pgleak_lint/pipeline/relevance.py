"""Which files can matter at all: a test on raw bytes, before anything is parsed."""

from __future__ import annotations

import re
from functools import lru_cache

from pgleak_lint.models.loader import load_catalog, relevant_words
from pgleak_lint.models.schema import Kind


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    """Words that are enough by themselves; names of things that hand out connections, which count only together with;
    methods that hand out."""
    catalog = load_catalog()
    words = set(relevant_words())
    methods: set[str] = set()
    receivers: set[str] = set()
    for driver in catalog.drivers:
        methods.update(acquire.call.rpartition(".")[2] for acquire in driver.acquires if acquire.owned)
        for model in driver.types:
            if model.kind is Kind.FACTORY:
                words.update(model.receivers)
            elif model.kind is Kind.POOL:
                receivers.update(name.rpartition("_")[2] for name in model.receivers)
    methods.discard("__call__")
    return (
        re.compile(_any(words).encode()),
        re.compile(f"(?i:{_any(receivers)})".encode()),
        re.compile(rf"\.(?:\s|\\)*(?:{_any(methods)})\b".encode()),
    )


@lru_cache(maxsize=1)
def _fallbacks() -> tuple[tuple[bytes, ...], ...]:
    """Words that a module must hold together for a driver without a model of its own."""
    return tuple(
        (name.encode(), *(method.encode() for method in acquire.resource.keeps))
        for name, acquire in load_catalog().fallbacks.items()
    )


def _any(words: set[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


def can_matter(data: bytes) -> bool:
    """Whether a file with these bytes can hold an acquire site. Generous: a yes costs a parse, a wrong no a leak."""
    words, receivers, methods = _patterns()
    if words.search(data) or any(all(word in data for word in together) for together in _fallbacks()):
        return True
    return receivers.search(data) is not None and methods.search(data) is not None
