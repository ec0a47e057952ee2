"""The modules that one analysis looks into: the one in hand, and those that it imports from the same project.

What a module means is worked out anew for each file in hand, and only what is asked for; so the findings in a file do not
depend on which files were looked at before. What can be kept without that danger, the code units, is kept by the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar

from pgleak_lint.analysis.flows import Flows
from pgleak_lint.analysis.leads import Inherited, Leads
from pgleak_lint.analysis.names import ModuleIndex
from pgleak_lint.analysis.options import AnalysisOptions
from pgleak_lint.analysis.provenance import Provenance
from pgleak_lint.analysis.text import SourceText
from pgleak_lint.analysis.types import Symbol, Type
from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.vocabulary import Vocabulary
from pgleak_lint.project.store import ModuleSource

if TYPE_CHECKING:
    from pgleak_lint.analysis.explore import Explorer

Found = TypeVar("Found")


class Modules(Protocol):
    """Where other modules come from: `pgleak_lint.project.store.ModuleStore`."""

    def find(self, name: str, importer: str) -> str | None:
        """The home of a module, by its dotted name."""

    def load(self, home: str) -> ModuleSource | None:
        """The module."""

    def matters(self, home: str) -> bool:
        """Whether something in it can be a resource, or lead to one."""

    def wrappers(self, home: str) -> Inherited:
        """The names by which modules that it imports may acquire."""


class NoModules:
    """For a text without a project."""

    def find(self, name: str, importer: str) -> str | None:
        """There are none."""
        return None

    def load(self, home: str) -> ModuleSource | None:
        """There are none."""
        return None

    def matters(self, home: str) -> bool:
        """There are none."""
        return False

    def wrappers(self, home: str) -> Inherited:
        """There are none."""
        return frozenset()


def index_of(source: ModuleSource) -> ModuleIndex:
    """The look-ups over a module's code units. Names and ops depend on nothing else, so they are kept with the module."""
    index: ModuleIndex | None = source.derived.get("index")
    if index is None:
        index = source.derived["index"] = ModuleIndex(source.module)
    return index


def leads_of(source: ModuleSource, vocabulary: Vocabulary, inherited: Inherited) -> Leads:
    """The names of a module that lead to acquires, given those of the modules that it imports."""
    derived, text, leading, asked = source.derived, source.text, source.leading or frozenset(), source.asked
    inherited = frozenset(it for it in inherited if it[0] in (leading if it[0] in asked else text))  # most are not
    if "flows" not in derived:
        derived["flows"] = Flows(index_of(source))
        derived["leads"] = {}
    leads: dict[Inherited, Leads] = derived["leads"]
    if inherited not in leads:
        leads[inherited] = Leads(derived["flows"], vocabulary, inherited, source)
    return leads[inherited]


class ProgramModule:
    """One module with all that is known about it."""

    def __init__(self, source: ModuleSource, program: Program) -> None:
        from pgleak_lint.analysis.explore import Explorer

        self.source = source
        self.program = program
        self.index = index_of(source)
        self.provenance = Provenance(self.index, program.catalog, source.home, program)
        self.text = SourceText(source.lines, source.shown)
        self.explorer: Explorer = Explorer(source, self.index, self.provenance, program.options, program)


class Program:
    """Modules by home, each entered on demand."""

    def __init__(self, catalog: Catalog, options: AnalysisOptions, modules: Modules | None = None) -> None:
        self.catalog = catalog
        self.options = options
        self._modules = modules or NoModules()
        self._entered: dict[str, ProgramModule | None] = {}
        self._resolved: dict[tuple[str, str, bool], Type | None] = {}
        self._open: set[object] = set()
        self._asked_early: set[object] = set()
        self._consulted: set[str] = set()

    def enter(self, source: ModuleSource) -> ProgramModule:
        """The module in hand."""
        module = ProgramModule(source, self)
        self._entered[source.home] = module
        return module

    def module(self, home: str) -> ProgramModule | None:
        """The module with that home, None where it can't be read."""
        if home not in self._entered:
            source = self._modules.load(home)
            self._entered[home] = ProgramModule(source, self) if source is not None else None
        return self._entered[home]

    def leave(self) -> None:
        """Forget all modules. What was worked out refers to each other in circles, which only the collector would find."""
        for module in self._entered.values():
            if module is not None:
                module.explorer.leave()
                vars(module.provenance).clear()
                vars(module).clear()
        vars(self).clear()

    def leads(self, source: ModuleSource) -> Leads:
        """The names of a module that lead to acquires."""
        return leads_of(source, self.catalog.vocabulary, self._modules.wrappers(source.home))

    @property
    def consulted(self) -> frozenset[str]:
        """The homes of all modules that a name led to so far."""
        return frozenset(self._consulted | self._entered.keys())

    def is_open(self, question: object) -> bool:
        """Whether that question is being answered."""
        return question in self._open

    def recursive(self, question: object, find: Callable[[], Found | None]) -> Found | None:
        """The answer to a question that its own answer may ask again; inside itself the answer is None. Where that turns out
        to be wrong, what followed from it is forgotten."""
        if question in self._open:
            self._asked_early.add(question)
            return None
        self._open.add(question)
        try:
            found = find()
        finally:
            self._open.discard(question)
        if question in self._asked_early:
            self._asked_early.discard(question)
            if found is not None:
                for module in self._entered.values():
                    if module is not None:
                        module.explorer.forget()
        return found

    def name_of(self, home: str) -> str:
        """The dotted name of a module that was entered."""
        module = self._entered.get(home)
        return module.source.name if module is not None else ""

    def is_project(self, name: str, importer: str) -> bool:
        """Whether the dotted name, or a part of it from the left, is a module of the project."""
        return any(self._modules.find(prefix, importer) for prefix, _ in _prefixes(name))

    def absolute(self, name: str, importer: str) -> str:
        """A relative module name, one dot a level, as the file ``importer`` means it."""
        if not name.startswith("."):
            return name
        source = self._entered.get(importer)
        if source is None:
            return name
        bare = name.lstrip(".")
        parts = source.source.name.split(".")
        levels = len(name) - len(bare) - (1 if source.source.is_package else 0)
        if levels > len(parts):
            return name
        parts = parts[: len(parts) - levels] if levels else parts
        return ".".join([*parts, *([bare] if bare else [])])

    def resolve(self, name: str, importer: str, *, anywhere: bool = False) -> Type | None:
        """What a dotted name means where it leads into a module of the project; None where it does not, where it is
        a module itself, and where nothing is known of it. Modules that can't matter are looked into only where ``anywhere``
        asks for it: when a resource is passed there."""
        key = (name, importer, anywhere)
        if key not in self._resolved:
            self._resolved[key] = None
            self._resolved[key] = self._resolve(name, importer, anywhere=anywhere)
        return self._resolved[key]

    def _resolve(self, name: str, importer: str, *, anywhere: bool) -> Type | None:
        for prefix, rest in _prefixes(name):
            home = self._modules.find(prefix, importer)
            if home is None:
                continue
            self._consulted.add(home)
            if not rest or not (anywhere or not self.options.trusts_names or self._modules.matters(home)):
                return None
            module = self.module(home)
            known = module.provenance.type_of_global(rest[0]) if module is not None else None
            for attr in rest[1:]:
                known = module.provenance.type_of_attribute(known, attr) if module and known is not None else None
            if anywhere and isinstance(known, Symbol) and known.name != name:  # imported there from such a module
                return self.resolve(known.name, home, anywhere=True) or known
            return known
        return None


def _prefixes(name: str) -> Iterator[tuple[str, list[str]]]:
    """The name from the longest part on the left to the shortest, each with what is left over."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        yield ".".join(parts[:count]), parts[count:]
