"""Which files can matter at all: a test on raw bytes, before anything is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.loader import relevant_words
from pgleak_lint.models.schema import Kind
from pgleak_lint.project.layout import Layout
from pgleak_lint.source.document import Fault, read_file

DISTANCE = 2
"""How many imports away from a module that matters by its own words another one is still looked at."""

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#;]+)|import[ \t]+(?P<modules>[^\n#;]+))",
    re.MULTILINE,
)
_NAME = re.compile(rb"\w+(?:\.\w+)*")


class Relevance:
    """Whether a file can hold an acquire site: by its own words, or by what it imports from its project. Generous: a yes
    costs a parse, a wrong no a leak."""

    def __init__(self, catalog: Catalog, layout: Layout) -> None:
        self._layout = layout
        self._words, self._receivers, self._methods = _patterns(catalog)
        self._together = [
            (name.encode(), *(method.encode() for method in acquire.resource.keeps))
            for name, acquire in catalog.fallbacks.items()
        ]
        self._known: dict[tuple[str, int], bool] = {}
        self._imports: dict[str, tuple[bool, tuple[str, ...]]] = {}

    def can_matter(self, data: bytes, home: str | None) -> bool:
        """Whether a file with these bytes can matter; ``home`` is its absolute path, None for one without a project."""
        if self._speaks(data):
            return True
        return home is not None and any(map(self.matters, self._imported(data, home)))

    def matters(self, home: str) -> bool:
        """Whether something in a module that is imported can be a resource, or lead to one."""
        return self._matters(home, DISTANCE - 1)

    def _speaks(self, data: bytes) -> bool:
        if self._words.search(data) or any(all(word in data for word in words) for words in self._together):
            return True
        return self._receivers.search(data) is not None and self._methods.search(data) is not None

    def _matters(self, home: str, distance: int) -> bool:
        key = (home, distance)
        if key not in self._known:
            self._known[key] = False
            speaks, imported = self._read(home)
            self._known[key] = speaks or (distance > 0 and any(self._matters(path, distance - 1) for path in imported))
        return self._known[key]

    def _read(self, home: str) -> tuple[bool, tuple[str, ...]]:
        if home not in self._imports:
            data = read_file(Path(home))
            self._imports[home] = (
                (False, ()) if isinstance(data, Fault) else (self._speaks(data), tuple(self._imported(data, home)))
            )
        return self._imports[home]

    def _imported(self, data: bytes, home: str) -> Iterator[str]:
        """The files of the project that the text seems to import."""
        package = self._layout.name_of(home).split(".")
        if not home.endswith("__init__.py"):
            package.pop()
        names = {name for match in _IMPORT.finditer(data) for name in _imported_names(match, package)}
        found = (self._layout.find(name, home) for name in sorted(names))
        yield from (path for path in dict.fromkeys(found) if path is not None and path != home)


def _imported_names(match: re.Match[bytes], package: list[str]) -> Iterator[str]:
    if match["modules"] is not None:
        for part in match["modules"].split(b","):
            words = _NAME.findall(part)
            if words:
                yield words[0].decode("utf-8", "replace")
        return
    module = match["module"].decode("utf-8", "replace")
    bare = module.lstrip(".")
    levels = len(module) - len(bare)
    base = package[: len(package) - levels + 1] if levels else []
    path = [*base, *([bare] if bare else [])]
    if path:
        yield ".".join(path)
    for name in _NAME.findall(match["names"]):
        yield ".".join([*path, name.decode("utf-8", "replace")])


def _patterns(catalog: Catalog) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    """Words that are enough by themselves; names of things that hand out connections, which count only together with;
    methods that hand out."""
    words = set(relevant_words(catalog))
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


def _any(words: set[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))
