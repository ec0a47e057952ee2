"""Classes that keep a resource in an attribute: who releases it, and what is owed for their objects."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pgleak_lint._record import record
from pgleak_lint.analysis.calls import Acquired
from pgleak_lint.analysis.names import CONSTRUCTORS, UnitIndex
from pgleak_lint.analysis.objects import Releases, acquired_object
from pgleak_lint.analysis.types import Class, Function, Keeper, Symbol
from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.cfg.ops import Attr, Call, Const, Load, SetAttr, read_temps
from pgleak_lint.cfg.reach import passes_always
from pgleak_lint.models.schema import Form, ResourceModel
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.explore import Explorer

_DEEPEST = 8


@record
class Owned:
    """A method stores what it acquired at ``span`` in ``self.attr``."""

    attr: str
    unit: int
    span: Span
    acquired: Acquired


class Owners:
    """The owning classes of one module."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._objects: dict[int, Acquired | None] = {}
        self._outside: dict[str, bool] = {}

    # -- what a class keeps ------------------------------------------------------------------------

    def owned(self, made: int) -> Iterator[Owned]:
        """What the methods of a class acquire themselves and store in an attribute."""
        for unit in self._methods(made):
            yield from self._stored_by(unit)

    def _stored_by(self, unit: CodeUnit) -> Iterator[Owned]:
        explorer = self._explorer.unit(unit.index) if self._explorer.has_sites(unit.index) else None
        for span, acquired in sorted(explorer.context.calls.sites.items()) if explorer is not None else ():
            for attr in sorted(explorer.site(span, acquired).log.stored) if explorer is not None else ():
                yield Owned(attr, unit.index, span, acquired)

    def _methods(self, made: int) -> Iterator[CodeUnit]:
        for unit in self._explorer.module.units:
            if unit.parent == made and unit.kind is UnitKind.FUNCTION:
                yield unit

    def releases(self, made: int, attr: str, resource: ResourceModel) -> Releases:
        """Who releases ``self.attr``: methods of the class, of its bases and of its subclasses in this module."""
        methods: dict[str, bool] = {}
        maybe = self._others_may_release(made, attr)
        for home, unit in self._family(made):
            explorer = self._explorer.at(home)
            code = explorer.module.units[unit] if explorer is not None else None
            if explorer is None or code is None or not _mentions(explorer, unit, attr):
                continue
            log = explorer.attribute(unit, attr, resource)
            if log is None or (log.released and _refills(explorer.module.indexes[unit], attr)):
                maybe = True
            elif log.released:
                methods[code.name] = code.is_async
            elif log.moved or log.returned or _passes_on(explorer, unit, attr):
                maybe = True
        self._add_callers(made, methods)
        return Releases(tuple(sorted(methods.items())), maybe)

    def _add_callers(self, made: int, methods: dict[str, bool]) -> None:
        """A method that calls a releasing method of its own object (``__exit__``, most often) releases as well."""
        family = list(self._family(made)) if methods else []
        grown = True
        while grown:
            grown = False
            for home, unit in family:
                explorer = self._explorer.at(home)
                if explorer is None or explorer.module.units[unit].name in methods:
                    continue
                index = explorer.module.indexes[unit]
                if not any(map(index.unit.may_mention, methods)):
                    continue
                if any(op.attr in methods and index.path(op.obj) == "self" for op in index.of(Attr)):
                    methods[index.unit.name] = index.unit.is_async
                    grown = True

    def _family(self, made: int) -> Iterator[tuple[str, int]]:
        """The methods that work on objects of the class: its own, inherited ones, and those of subclasses."""
        home = self._explorer.provenance.home
        pending = [Class(made, home)]
        pending += [Class(unit.index, home) for unit in self._subclasses.get(made, ())]
        seen = set(pending)
        while pending and len(seen) < 64:
            known = pending.pop()
            explorer = self._explorer.at(known.home)
            if explorer is None:
                continue
            for unit in explorer.module.units:
                if unit.parent == known.unit and unit.kind is UnitKind.FUNCTION:
                    yield known.home, unit.index
            for base in explorer.provenance.bases_of(known.unit):
                if isinstance(base, Class) and base not in seen:
                    seen.add(base)
                    pending.append(base)

    @cached_property
    def _subclasses(self) -> dict[int, list[CodeUnit]]:
        found: dict[int, list[CodeUnit]] = {}
        home = self._explorer.provenance.home
        for unit in self._explorer.module.units:
            if unit.kind is UnitKind.CLASS:
                for base in self._explorer.provenance.bases_of(unit.index):
                    if isinstance(base, Class) and base.home == home:
                        found.setdefault(base.unit, []).append(unit)
        return found

    def is_closed_world(self, made: int, depth: int = 0) -> bool:
        """Whether every base of a class is known: an unseen one may release what it does not mention here."""
        unit = self._explorer.module.units[made]
        known = [self._anywhere(base) for base in self._explorer.provenance.bases_of(made)]
        named = [base for base in unit.bases if base.partition("[")[0].rpartition(".")[2] not in _HARMLESS_BASES]
        classes = [base for base in known if isinstance(base, Class)]
        standard = [base for base in known if isinstance(base, Symbol) and base.name.partition(".")[0] in _STANDARD]
        if len(classes) + len(standard) < len(named) or depth > _DEEPEST:
            return False
        for base in classes:
            explorer = self._explorer.at(base.home)
            if explorer is None or not explorer.owners.is_closed_world(base.unit, depth + 1):
                return False
        return True

    def _anywhere(self, base: Symbol | Class) -> Symbol | Class:
        """A base class, wherever it stands: modules that don't speak of databases have some."""
        if isinstance(base, Symbol):
            found = self._explorer.program.resolve(base.name, self._explorer.provenance.home, anywhere=True)
            return found if isinstance(found, Class) else base
        return base

    def _others_may_release(self, made: int, attr: str) -> bool:
        """Whether somebody who is no method of the class may release ``self.attr``."""
        return self._is_touched_outside(attr) or not self.is_closed_world(made)

    def _is_touched_outside(self, attr: str) -> bool:
        """Whether the module loads the attribute from something else than ``self``: outsiders may release what is there."""
        if attr not in self._outside:
            self._outside[attr] = self._find_touched_outside(attr)
        return self._outside[attr]

    def _find_touched_outside(self, attr: str) -> bool:
        for index in self._explorer.module.mentioning(attr):
            owners = (index.definition(op.obj) for op in index.of(Attr) if op.attr == attr)
            if not all(isinstance(owner, Load) and owner.name in ("self", "cls") for owner in owners):
                return True
        return False

    def unreleased(self, made: int) -> Iterator[Owned]:
        """What a class keeps and no method of it, nor anybody else that we see, releases."""
        for owned in self.owned(made):
            if owned.acquired.evidence != "proven" or self._others_may_release(made, owned.attr):
                continue  # what the methods do is dear to find out
            releases = self.releases(made, owned.attr, owned.acquired.resource)
            if not releases.methods and not releases.maybe:
                yield owned

    def wrapped(self, known: Class, position: int, keyword: str | None, resource: ResourceModel) -> Keeper | None:
        """Who keeps a resource that an object of the class was given at its construction; None where it may be
        somebody else's: the class does more than to keep it, or nothing of it is known to release."""
        if known.home != self._explorer.provenance.home:
            there = self._explorer.at(known.home)
            return there.owners.wrapped(known, position, keyword, resource) if there is not None else None
        made = self._explorer.module.children(known.unit)
        constructor = made.get("__init__")
        if constructor is None or "__del__" in made or not self._stands_alone(known.unit):
            return None
        attr = _kept_argument(self._explorer.module.indexes[constructor], position, keyword)
        if attr is None or self._others_may_release(known.unit, attr):
            return None
        releases = self.releases(known.unit, attr, resource)
        if releases.maybe or not releases.methods:
            return None
        return Keeper(known, self._explorer.module.units[known.unit].qualname, attr, releases.methods)

    def _stands_alone(self, made: int) -> bool:
        """Whether no base of a class can call its methods: ``threading.Thread`` runs ``run``."""
        unit = self._explorer.module.units[made]
        named = [base for base in unit.bases if base.partition("[")[0].rpartition(".")[2] not in _HARMLESS_BASES]
        return not named and not unit.decorators

    # -- what is owed for an object ----------------------------------------------------------------

    def object(self, known: Class) -> Acquired | None:
        """What constructing the class acquires: an object that owns a resource, and has a method that releases it."""
        if known.home != self._explorer.provenance.home:
            there = self._explorer.at(known.home)
            return there.owners.object(known) if there is not None else None
        if known.unit not in self._objects:
            found = self._explorer.program.recursive(("object", known), lambda: self._find_object(known))
            if found is None and self._explorer.program.is_open(("object", known)):
                return None
            self._objects[known.unit] = found
        return self._objects[known.unit]

    def forget(self) -> None:
        """Drop what was worked out while something was not known yet; what was found stays."""
        self._objects = {unit: found for unit, found in self._objects.items() if found is not None}

    def _find_object(self, known: Class) -> Acquired | None:
        if not self.is_closed_world(known.unit):
            return None
        module = self._explorer.module
        callers = module.constructing(known.unit)
        for method in callers:
            stored = [owned for owned in self._stored_by(module.units[method]) if owned.acquired.evidence == "proven"]
            for owned in stored:
                resource = owned.acquired.resource
                spans = [other.span for other in stored if other.attr == owned.attr]
                if resource.lazy or not self._is_always_acquired(method, spans, callers):
                    continue
                releases = self.releases(known.unit, owned.attr, resource)
                if any(name == "__del__" for name, _ in releases.methods):
                    return None  # nobody has to: it is released when the last reference goes
                if releases.methods:
                    keeper = Keeper(known, module.units[known.unit].qualname, owned.attr, releases.methods)
                    inside = ((Function(owned.unit, known.home), owned.span), *owned.acquired.inside)
                    return acquired_object(keeper, owned.acquired, Form.PLAIN, inside)
        return self._inherited(known)

    def _is_always_acquired(self, method: int, spans: Sequence[Span], callers: Mapping[int, frozenset[int]]) -> bool:
        """Whether no object is made without one of these acquires, unless something raises."""
        explorer = self._explorer.unit(method)
        if explorer is None:
            return False
        blocks = {block for span in spans for block in explorer.context.acquire_blocks[span]}
        return passes_always(explorer.context.graph, blocks) and self._always_runs(method, callers, frozenset())

    def _always_runs(self, method: int, callers: Mapping[int, frozenset[int]], seen: frozenset[int]) -> bool:
        if self._explorer.module.units[method].name in CONSTRUCTORS:
            return True
        for caller in sorted(callers[method] - seen):
            explorer = self._explorer.unit(caller)
            context = explorer.context if explorer is not None else None
            if context is not None and passes_always(context.graph, context.blocks_calling(method)):
                if self._always_runs(caller, callers, seen | {method}):
                    return True
        return False

    def _inherited(self, known: Class) -> Acquired | None:
        """What a base class acquires in its constructor, where that runs for this class too."""
        module = self._explorer.module
        constructor = module.children(known.unit).get("__init__")
        calls_base = constructor is None or any(op.attr == "__init__" for op in module.indexes[constructor].of(Attr))
        bases = (base for base in self._explorer.provenance.bases_of(known.unit) if isinstance(base, Class))
        return next(filter(None, map(self.object, bases)), None) if calls_base else None


_HARMLESS_BASES = frozenset({"object", "ABC", "Protocol", "Generic", "Enum"})
_STANDARD = sys.stdlib_module_names
"""Classes of the standard library know nothing of what a subclass keeps."""


def _kept_argument(index: UnitIndex, position: int, keyword: str | None) -> str | None:
    """The attribute in which a constructor keeps an argument, if it does nothing else with it and shows its object to nobody."""
    named = [p for p in index.unit.parameters if p.kind in ("positional", "positional-only", "keyword-only")]
    if not named:
        return None
    own, *others = named
    names = [parameter.name for parameter in others]
    if keyword is None:
        plain = [parameter.name for parameter in others if parameter.kind != "keyword-only"]
        name = plain[position] if position < len(plain) else None
    else:
        name = keyword if keyword in names else None
    if name is None:
        return None
    loads = {op.dst: op.name for op in index.of(Load) if op.name in (name, own.name)}
    kept: list[str] = []
    for op in index.ops():
        if isinstance(op, SetAttr):
            if loads.get(op.src) == name and loads.get(op.obj) == own.name:
                kept.append(op.attr)
            elif op.src in loads:
                return None
        elif not isinstance(op, Attr | Load) and any(temp in loads for temp in read_temps(op)):
            return None
    return kept[0] if len(kept) == 1 else None


def _refills(index: UnitIndex, attr: str) -> bool:
    """Whether a method puts something else into the attribute: then the object still holds one when it has run."""
    stored = (op.src for op in index.of(SetAttr) if op.attr == attr)
    return any(not isinstance(index.definition(src), Const) for src in stored)


def _mentions(explorer: Explorer, unit: int, attr: str) -> bool:
    index = explorer.module.indexes[unit]
    return index.unit.may_mention(attr) and any(op.attr == attr for op in index.of(Attr))


def _passes_on(explorer: Explorer, unit: int, attr: str) -> bool:
    """Whether the method gives the attribute to a call: code that we can't see may release it."""
    index = explorer.module.indexes[unit]
    given = (argument.value for op in index.of(Call) for argument in op.arguments)
    return any(isinstance(op, Attr) and op.attr == attr for op in map(index.definition, given))
