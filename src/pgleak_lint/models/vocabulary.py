"""The words by which drivers are spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pgleak_lint._record import record
from pgleak_lint.cfg.passing import CALLERS
from pgleak_lint.source.words import joined, words_of

Words = frozenset[bytes]

_CALLERS = frozenset(name.encode() for name in CALLERS)
_BLANK = b" \t\r\n\\"


@record
class Speech:
    """The words of a set of models, as plain data.

    * ``methods``, ``functions``: last parts of the calls that acquire, of types and of modules
    * ``makers``: last parts of the calls that make something whose call acquires
    * ``owned``: those of ``methods`` that a pool has; ``sufficient``: words that no other module uses
    * ``factories``, ``pools``: names that variables of such types tend to have
    * ``together``: words that mean something only where all of them are
    * ``packages``: import root → names of drivers
    """

    methods: frozenset[str]
    functions: frozenset[str]
    makers: frozenset[str]
    owned: frozenset[str]
    sufficient: frozenset[str]
    factories: frozenset[str]
    pools: frozenset[str]
    together: tuple[frozenset[str], ...]
    packages: dict[str, tuple[str, ...]]


class Vocabulary:
    """Questions about the words of a text. ``callees`` and ``makers`` are those of `Speech`, ``packages`` its import roots in
    bytes."""

    def __init__(self, speech: Speech) -> None:
        self.callees = speech.methods | speech.functions
        self.makers = speech.makers
        self.factories = Names(speech.factories)
        self.packages = {package.encode(): names for package, names in speech.packages.items()}
        self._pools = Names(speech.pools)
        self._callees = _encoded(self.callees | speech.makers)
        self._plain = _encoded(speech.functions | speech.makers)
        self._methods = self._callees - self._plain
        self._owned = _encoded(speech.owned)
        self._sufficient = _encoded(speech.sufficient)
        self._last_asked: tuple[Words, bool] = frozenset(), False
        self._together = [_encoded(words) for words in speech.together]

    def speaks(self, words: Words) -> bool:
        """Whether the text by itself speaks of a database: a driver's name, a method that is unmistakable, something named
        like a factory of sessions, or like a pool together with a method of pools."""
        if not self._sufficient.isdisjoint(words) or any(together <= words for together in self._together):
            return True
        return self._name_factories(words) or (
            not self._owned.isdisjoint(words) and self._pools.any_in(joined(words).lower())
        )

    def acquires(self, words: Words, data: bytes) -> bool:
        """Whether something in the text looks like the call of an acquire, or like such a function passed on."""
        return self._finds_use(words, data) or self._name_factories(words)

    def _finds_use(self, words: Words, data: bytes) -> bool:
        passes = not _CALLERS.isdisjoint(words)
        places = (place for name in self._callees & words for place in self._uses(data, name, passes=passes))
        first = next(places, None)
        if first is None:
            return False
        from pgleak_lint.source.strings import Quoted  # here, because most texts have none

        quoted = Quoted(data)
        return not quoted.has(first) or not all(map(quoted.has, places))

    def bare(self, words: Words, data: bytes) -> Words:
        """The names of acquiring methods that the text uses like those of functions: something of its project may have one."""
        passes = not _CALLERS.isdisjoint(words)
        return frozenset(n for n in self._methods & words if _has(self._uses(data, n, passes=passes, bare=True)))

    def leading(self, words: Words) -> frozenset[str]:
        """Those of the words by which something can be acquired: the last parts of calls, and names of factories."""
        found = self._callees & words
        if self._name_factories(words):
            found |= {word for word in words if self.factories.any_in(word.lower())}
        return frozenset(word.decode("utf-8", "replace") for word in found)

    def _name_factories(self, words: Words) -> bool:
        """Whether one of the words is named like a factory of connections."""
        last, answer = self._last_asked  # the next question is about the same text
        if words is not last:
            answer = self.factories.any_in(joined(words).lower())
            self._last_asked = words, answer
        return answer

    def is_drivers(self, name: bytes) -> bool:
        """Whether a driver has an acquire of that name."""
        return name in self._callees

    def _uses(self, data: bytes, name: bytes, *, passes: bool, bare: bool = False) -> Iterator[int]:
        """Where the name of an acquire is called, passed on or given another name. ``bare``: not behind a dot."""
        start = data.find(name)
        while start >= 0:
            end = start + len(name)
            if words_of(data[max(start - 1, 0) : end + 1]) != {name}:
                pass  # a part of another word
            elif self._is_placed(name, data[max(start - 80, 0) : start].rstrip(_BLANK), bare=bare):
                behind = data[end : end + 80].lstrip(_BLANK)[:1]
                listed = behind in (b",", b")")
                if (
                    behind == b"("
                    or (listed and (passes or _is_base(data, start)))
                    or _is_aliased(data, start, end, behind)
                ):
                    yield start
            start = data.find(name, end)

    def _is_placed(self, name: bytes, before: bytes, *, bare: bool) -> bool:
        if bare:
            return not before.endswith((b".", b"def"))
        return name in self._plain or before.endswith(b".")


def _has(places: Iterator[int]) -> bool:
    """Whether there is one: the first place of a text is one, too."""
    return next(places, None) is not None


def _is_base(data: bytes, start: int) -> bool:
    """Whether what stands there is between ``class`` and its colon: a subclass acquires as its base does."""
    before = data[max(start - 300, 0) : start]
    return b":" not in before[before.rfind(b"class ") :] if b"class " in before else False


def _is_aliased(data: bytes, start: int, end: int, behind: bytes) -> bool:
    """Whether a name that is not called gets another one: by an import, an assignment or a ``return``."""
    if behind in (b".", b"[", b"=", b":"):
        return False
    line = data[data.rfind(b"\n", 0, start) + 1 : start]
    return b"=" in line or b"return" in line or b"lambda" in line or data[end : end + 8].split()[:1] == [b"as"]


class Names:
    """Names of variables, and all that end in one of them after an underscore; upper and lower case are the same."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower().encode() for name in names)
        self._like = re.compile(rb"(?<![^ _])(?:%s)_*(?![^ ])" % _any(map(bytes.decode, self._names)).encode())
        self._in_all = _shared(self._names)

    def any_in(self, words: bytes) -> bool:
        """Whether one of the words is such a name; ``words`` are in lower case, with a space between."""
        return self._in_all in words and self._like.search(words) is not None

    def __contains__(self, name: str) -> bool:
        return self._like.search(name.lower().encode()) is not None


def _shared(names: Words) -> bytes:
    """The longest text that is in each of the names: looking for it costs a fraction of looking for them."""
    first = min(names, key=lambda name: (len(name), name), default=b"")
    size = len(first)
    parts = (first[start : start + length] for length in range(size, 0, -1) for start in range(size - length + 1))
    return next((part for part in parts if all(part in name for name in names)), b"")


def _encoded(words: Iterable[str]) -> Words:
    return frozenset(word.encode() for word in words)


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))
