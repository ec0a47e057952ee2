"""The words by which drivers are spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.loader import relevant_words
from pgleak_lint.models.schema import Kind

Words = frozenset[bytes]

_NO_TARGET = r"(?!\s*[.\[=:\]])"
"""Behind a name: it is neither the start of a path nor what something is assigned to."""
_BEFORE_VALUES = (b"=", b":", b"[", b"(", b",", b"{", b"return", b"yield", b"else", b"or", b"and", b"if")


class Vocabulary:
    """Questions about the words of a text, by the loaded models.

    ``callees`` are the last parts of all calls that acquire, ``makers`` of those that make something whose call acquires;
    ``packages`` the import roots, each with the names of its drivers.
    """

    def __init__(self, catalog: Catalog) -> None:
        types = [model for driver in catalog.drivers for model in driver.types]
        factories = {name for name, model in catalog.types.items() if model.kind is Kind.FACTORY}
        makers = {name for name, maker in catalog.makers.items() if maker.gives in factories}
        acquires = {name for name in catalog.acquires if not name.endswith(".__call__")}
        methods = {_last(name) for name in acquires if name.rpartition(".")[0] in catalog.types}
        functions = {_last(name) for name in acquires if name.rpartition(".")[0] not in catalog.types}
        self.callees = frozenset(methods | functions)
        self.makers = frozenset({_last(name) for name in factories | makers})
        self.factories = Names(name for model in types if model.kind is Kind.FACTORY for name in model.receivers)
        self.packages: dict[bytes, tuple[str, ...]] = {}
        for driver in catalog.drivers:
            for package in driver.packages:
                known = self.packages.get(package.encode(), ())
                self.packages[package.encode()] = (*known, driver.name)
        self._sufficient = _encoded(relevant_words(catalog))
        self._callees = _encoded(self.callees | self.makers)
        owned = {_last(a.call) for driver in catalog.drivers for a in driver.acquires if a.owned} - {"__call__"}
        self._owned = _encoded(owned)
        self._together = [_encoded({name, *a.resource.keeps}) for name, a in catalog.fallbacks.items()]
        self._pools = Names(name for model in types if model.kind is Kind.POOL for name in model.receivers)
        self._called = re.compile(
            rf"(?:\.\s*(?:\\\s*)?(?:{_any(methods | functions | self.makers)}))\b{_NO_TARGET}"
            rf"|\b(?:{_any(functions | self.makers)})\b(?:(?:\s|\\)*[(),]|\s+as\b|(?P<alone>{_NO_TARGET}))".encode()
        )

    def speaks(self, words: Words) -> bool:
        """Whether the text by itself speaks of a database: a driver's name, a method that is unmistakable, something named
        like a factory of sessions, or like a pool together with a method of pools."""
        if not self._sufficient.isdisjoint(words) or any(together <= words for together in self._together):
            return True
        if self.factories.any_in(words):
            return True
        return not self._owned.isdisjoint(words) and self._pools.any_in(words)

    def acquires(self, words: Words, data: bytes) -> bool:
        """Whether something in the text looks like the call of an acquire, or like such a function passed on."""
        if not self._callees.isdisjoint(words):
            for match in self._called.finditer(data):
                if match["alone"] is None or _is_value(data[max(match.start() - 40, 0) : match.start()]):
                    return True
        return self.factories.any_in(words)


def _is_value(before: bytes) -> bool:
    """Whether a name that stands behind that text is part of an expression, as far as one can tell: most are prose."""
    return before.rstrip(b" \t\r\n\\").endswith(_BEFORE_VALUES)


class Names:
    """Names of variables, and all that end in one of them after an underscore; upper and lower case are the same."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower().encode() for name in names)
        self._like = re.compile(rb"(?<![^ _])(?:%s)_*(?![^ ])" % _any(map(bytes.decode, self._names)).encode())

    def any_in(self, words: Words) -> bool:
        """Whether one of the words is such a name."""
        return self._like.search(b" ".join(words).lower()) is not None

    def __contains__(self, name: str) -> bool:
        return self._like.search(name.lower().encode()) is not None


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _encoded(words: Iterable[str]) -> Words:
    return frozenset(word.encode() for word in words)


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))
