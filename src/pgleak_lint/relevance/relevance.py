"""Which files can hold an acquire site, and which modules can lead to one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from pgleak_lint.models.vocabulary import Vocabulary, Words
from pgleak_lint.project.layout import Layout
from pgleak_lint.relevance.imports import imported_names
from pgleak_lint.source.words import identifiers_of, joined, words_of

DISTANCE = 2
"""How many imports away from a module that speaks of databases, or wraps an acquire, another one is still looked at."""

TEXTS = 200
"""Files whose words are kept, each as one text: sets of all words of all files would take most of the memory of a run."""

Wrappers = frozenset[tuple[bytes, int]]
"""Names by which something can be acquired, each with what it leads to (`pgleak_lint.analysis.flows`)."""

NOTHING: Wrappers = frozenset()


@dataclass(slots=True, eq=False, repr=False)
class Outside:
    """What a file shows without being parsed: whether something in it looks like an acquire, and whether it ``names`` the package of a
    driver; once somebody has asked, the files of its project that it seems to import, whether it ``speaks`` of a database, and
    the names of acquiring methods that it uses like functions (``bare``). ``hashed`` tells its bytes from others."""

    home: str | None
    hashed: int
    acquires: bool = False
    names: bool = False
    imports: tuple[str, ...] | None = None
    speaks: bool | None = None
    bare: Words | None = None


class Relevance:
    """Answers that depend on the texts of a project and on nothing else. Generous: a yes costs work, a wrong no a leak.

    ``read`` gives the bytes of a file, None if it has none; ``exports`` the names by which callers may reach an acquire in a
    module, beside those in the last argument.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        layout: Layout,
        read: Callable[[str], bytes | None],
        exports: Callable[[str, Wrappers], Wrappers],
    ) -> None:
        self.vocabulary = vocabulary
        self._layout = layout
        self._read = read
        self._exports = exports
        self._seen: dict[str, Outside | None] = {}
        self._texts: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self._wrappers: dict[tuple[str, int], Wrappers] = {}
        self._last: tuple[int, bytes, Words] = 0, b"", frozenset()
        """The text that was looked at last, with its words: the same one is often asked for again."""

    def can_matter(self, data: bytes, home: str | None) -> bool:
        """Whether a file with these bytes can hold an acquire site: something that looks like one, where a database is in
        reach, or a name by which a module that it imports may acquire. ``home`` is its absolute path, None for one without
        a project."""
        outside = self._seen_as(data, home)
        words = self._words(outside, data)  # at hand until others are looked at
        if outside.acquires and self._reaches(outside, DISTANCE):
            return True
        return self._meets(self._inherited(outside, DISTANCE), outside, words, data)

    def imported_by(self, data: bytes, home: str | None) -> tuple[str, ...]:
        """The files of the project that a file with these bytes seems to import."""
        return self._imports(self._seen_as(data, home))

    def imports_of(self, home: str) -> tuple[str, ...]:
        """The files of the project that a file seems to import."""
        outside = self._at(home)
        return () if outside is None else self._imports(outside)

    def imported_drivers(self, data: bytes, home: str | None) -> tuple[str, ...]:
        """The names of the drivers that a file with these bytes imports itself."""
        if not self._seen_as(data, home).names:
            return ()
        roots = {name.partition(".")[0].encode() for name in imported_names(data, [])}
        found = (self.vocabulary.packages.get(root, ()) for root in roots)
        return tuple(sorted({name for names in found for name in names}))

    def leading(self, text: str, home: str, names: frozenset[str]) -> frozenset[str]:
        """The words of a text, which stands for the file ``home``, by which something can be acquired, and those of the names that
        are in it."""
        if text.isascii():
            data = text.encode()
            words = self._words(Outside(home, hash(data)), data)
        else:
            words = identifiers_of(text)
        return self.vocabulary.leading(words) | {name for name in names if name.encode() in words}

    def wrappers(self, home: str) -> Wrappers:
        """The names by which modules that the file imports may acquire."""
        outside = self._at(home)
        return NOTHING if outside is None else self._inherited(outside, DISTANCE)

    def matters(self, home: str) -> bool:
        """Whether something in a module that is imported can be a resource, or lead to one."""
        outside = self._at(home)
        return outside is not None and self._reaches(outside, DISTANCE - 1)

    def _reaches(self, outside: Outside, distance: int) -> bool:
        """Whether a text, or one that it imports, speaks of a database."""
        if self._speaks(outside):
            return True
        if distance == 0:
            return False
        found = (self._at(home) for home in self._imports(outside))
        return any(it is not None and self._reaches(it, distance - 1) for it in found)

    def _inherited(self, outside: Outside, distance: int) -> Wrappers:
        if distance == 0:
            return NOTHING
        imports = self._imports(outside)
        return NOTHING.union(*(self._wrapped_in(home, distance - 1) for home in imports)) if imports else NOTHING

    def _wrapped_in(self, home: str, distance: int) -> Wrappers:
        key = (home, distance)
        if key not in self._wrappers:
            self._wrappers[key] = NOTHING
            self._wrappers[key] = self._find_wrapped_in(home, distance)
        return self._wrappers[key]

    def _find_wrapped_in(self, home: str, distance: int) -> Wrappers:
        outside = self._at(home)
        if outside is None:
            return NOTHING
        inherited = self._inherited(outside, distance)
        if (outside.acquires and self._reaches(outside, distance)) or (
            inherited and self._meets(inherited, outside, self._words(outside))
        ):
            return inherited | self._exports(home, inherited)
        return inherited

    def _seen_as(self, data: bytes, home: str | None) -> Outside:
        """The file with these bytes: an editor's may differ from those on the disk."""
        outside = self._seen.get(home) if home is not None else None
        if outside is None or outside.hashed != hash(data):
            outside = self._outside(data, home)
            if home is not None:
                self._seen[home] = outside
        return outside

    def _at(self, home: str) -> Outside | None:
        if home not in self._seen:
            data = self._read(home)
            self._seen[home] = None if data is None else self._outside(data, home)
        return self._seen[home]

    def _outside(self, data: bytes, home: str | None) -> Outside:
        words = words_of(data)
        names = not self.vocabulary.packages.keys().isdisjoint(words)
        outside = Outside(home, hash(data), self.vocabulary.acquires(words, data), names)
        self._last = outside.hashed, data, words
        if home is not None:
            self._texts[home] = (outside.hashed, joined(words))
            if len(self._texts) > TEXTS:
                self._texts.popitem(last=False)
        return outside

    def _data(self, outside: Outside) -> bytes:
        last, data, _ = self._last
        if last == outside.hashed or outside.home is None:
            return data
        return self._read(outside.home) or b""

    def _words(self, outside: Outside, data: bytes | None = None) -> Words:
        """The words of a file; ``data`` are its bytes where they are at hand."""
        last, _, words = self._last
        if last == outside.hashed:
            return words
        hashed, text = self._texts.get(outside.home or "") or (None, b"")
        if hashed == outside.hashed:
            return frozenset(text.split())
        return words_of(self._data(outside) if data is None else data)

    def _speaks(self, outside: Outside) -> bool:
        if outside.speaks is None:
            outside.speaks = self.vocabulary.speaks(self._words(outside))
        return outside.speaks

    def _imports(self, outside: Outside) -> tuple[str, ...]:
        """The files of the project that a text seems to import."""
        if outside.imports is None:
            outside.imports = self._find_imports(outside, outside.home) if outside.home is not None else ()
        return outside.imports

    def _find_imports(self, outside: Outside, home: str) -> tuple[str, ...]:
        package = self._layout.name_of(home).split(".")
        if not home.endswith("__init__.py"):
            package.pop()
        names = imported_names(self._data(outside), package, self._layout.tops_of(home))
        return tuple(sorted(self._layout.find_all(names, home) - {home}))

    def _meets(self, wrappers: Wrappers, outside: Outside, words: Words, data: bytes | None = None) -> bool:
        """Whether a text of those words uses one of the wrappers. One that is named like a driver's acquire looks like one already, but
        where a method's name is used like a function's."""
        is_drivers = self.vocabulary.is_drivers
        if any(name in words for name, _ in wrappers if not is_drivers(name)):
            return True
        methods = [name for name, _ in wrappers if is_drivers(name) and name in words]
        if methods and outside.bare is None:
            outside.bare = self.vocabulary.bare(words, self._data(outside) if data is None else data)
        return any(name in (outside.bare or ()) for name in methods)
