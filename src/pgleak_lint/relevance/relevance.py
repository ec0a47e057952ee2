"""Which files can hold an acquire site, and which modules can lead to one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from pgleak_lint._record import record
from pgleak_lint.models.vocabulary import Vocabulary, Words
from pgleak_lint.project.layout import Layout
from pgleak_lint.relevance.imports import imported_names
from pgleak_lint.source.words import identifiers_of, joined, words_of

DISTANCE = 2
"""How many imports away from a module that speaks of databases, or wraps an acquire, another one is still looked at."""

TEXTS = 1_000
"""Files whose words are kept, each as one text: sets of all words of all files would take most of the memory of a run."""

Wrappers = frozenset[tuple[bytes, int]]
"""Names by which something can be acquired, each with what it leads to (`pgleak_lint.analysis.flows`)."""

NOTHING: Wrappers = frozenset()


@record
class Outside:
    """What a file shows without being parsed: the files of its project that it seems to ``import``, whether it ``speaks`` of a database and whether something in it looks like an acquire. ``bare`` are the names of acquiring methods that
    it uses like functions; ``names_driver``: the name of a driver's package is among the words. ``hashed`` tells its bytes from others."""

    hashed: int
    imports: tuple[str, ...]
    speaks: bool
    acquires: bool
    bare: Words
    names_driver: bool


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
        self._last: tuple[int, Words] = 0, frozenset()
        """The words of the text that was looked at last: the same one is often asked for again."""

    def can_matter(self, data: bytes, home: str | None) -> bool:
        """Whether a file with these bytes can hold an acquire site: something that looks like one, where a database is in
        reach, or a name by which a module that it imports may acquire. ``home`` is its absolute path, None for one without
        a project."""
        outside = self._seen_as(data, home)
        if outside.acquires and self._reaches(outside, DISTANCE):
            return True
        return self._meets(self._inherited(outside, DISTANCE), outside, home, data)

    def imported_by(self, data: bytes, home: str | None) -> tuple[str, ...]:
        """The files of the project that a file with these bytes seems to import."""
        return self._seen_as(data, home).imports

    def imports_of(self, home: str) -> tuple[str, ...]:
        """The files of the project that a file seems to import."""
        outside = self._at(home)
        return () if outside is None else outside.imports

    def imported_drivers(self, data: bytes, home: str | None) -> tuple[str, ...]:
        """The names of the drivers that a file with these bytes imports itself."""
        outside = self._seen_as(data, home)
        if not outside.names_driver:
            return ()
        roots = {name.partition(".")[0].encode() for name in imported_names(data, [])}
        found = (self.vocabulary.packages.get(root, ()) for root in roots)
        return tuple(sorted({name for names in found for name in names}))

    def leading(self, text: str, home: str, names: frozenset[str]) -> frozenset[str]:
        """The words of a text, which stands for the file ``home``, by which something can be acquired, and those of the names that
        are in it."""
        if text.isascii():
            words = self._words(home, text.encode())
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
        if outside.speaks:
            return True
        if distance == 0:
            return False
        found = (self._at(home) for home in outside.imports)
        return any(it is not None and self._reaches(it, distance - 1) for it in found)

    def _inherited(self, outside: Outside, distance: int) -> Wrappers:
        if distance == 0 or not outside.imports:
            return NOTHING
        return NOTHING.union(*(self._wrapped_in(home, distance - 1) for home in outside.imports))

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
        if (outside.acquires and self._reaches(outside, distance)) or self._meets(inherited, outside, home, None):
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
        self._last = hash(data), words
        speaks, acquires = self.vocabulary.speaks(words), self.vocabulary.acquires(words, data)
        imports = self._imported(data, home) if home is not None else ()
        named = not self.vocabulary.packages.keys().isdisjoint(words)
        bare = self.vocabulary.bare(words, data) if imports else frozenset()
        outside = Outside(hash(data), imports, speaks, acquires, bare, named)
        if home is not None:
            self._texts[home] = (outside.hashed, joined(words))
            if len(self._texts) > TEXTS:
                self._texts.popitem(last=False)
        return outside

    def _words(self, home: str | None, data: bytes | None) -> Words:
        """The words of a file; ``data`` are its bytes where they are at hand."""
        hashed, text = self._texts.get(home or "") or (None, b"")
        if hashed is not None and (data is None or hashed == hash(data)):
            last, words = self._last
            return words if last == hashed else frozenset(text.split())
        if data is None and home is not None:
            data = self._read(home)
        return words_of(data or b"")

    def _imported(self, data: bytes, home: str) -> tuple[str, ...]:
        """The files of the project that the text seems to import."""
        package = self._layout.name_of(home).split(".")
        if not home.endswith("__init__.py"):
            package.pop()
        names = imported_names(data, package, self._layout.tops_of(home))
        return tuple(sorted(self._layout.find_all(names, home) - {home}))

    def _meets(self, wrappers: Wrappers, outside: Outside, home: str | None, data: bytes | None) -> bool:
        """Whether a text uses one of the wrappers. One that is named like a driver's acquire looks like one already, but where
        a method's name is used like a function's."""
        if not wrappers:
            return False
        words, is_drivers = self._words(home, data), self.vocabulary.is_drivers
        return any(name in (outside.bare if is_drivers(name) else words) for name, _ in wrappers)
