"""What a function of this module does for its callers: to a resource it is given, and with one that it acquires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from pgleak_lint._record import record
from pgleak_lint.analysis.calls import Acquired
from pgleak_lint.analysis.decorators import form_through
from pgleak_lint.analysis.events import LeftHeld
from pgleak_lint.analysis.names import UnitIndex, sources_of
from pgleak_lint.analysis.nested import NOTHING_KNOWN, UNSEEN, Called, Knowledge
from pgleak_lint.analysis.objects import acquired_object
from pgleak_lint.analysis.types import Class, Function, Keeper, Place
from pgleak_lint.cfg.graph import BasicBlock, EdgeKind, ExitKind, UnitKind
from pgleak_lint.cfg.ops import (
    Await,
    Branch,
    Build,
    Call,
    Compute,
    Const,
    Enter,
    Exit,
    Import,
    Item,
    Load,
    MakeFunction,
    Next,
    Op,
    Raise,
    Store,
    Temp,
    Yield,
)
from pgleak_lint.cfg.passing import is_class_name
from pgleak_lint.cfg.raising import kind_of_class
from pgleak_lint.models.schema import Form, ResourceModel
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.explore import Explorer

_PARTING = (Branch, Next, Enter)
"""What stands behind one of these in an outline may not be run, or its exceptions may be swallowed."""


@record
class Effect:
    """What a call does to a resource that it is given. ``discharges``: it is released or kept on every return;
    ``may_discharge``: on some path; ``returns``: the call returns the resource; ``may_raise``: an exception can leave it;
    ``may_fail``: one can leave it with the resource held, which nobody was to keep."""

    discharges: bool
    may_discharge: bool
    returns: bool
    may_raise: bool
    may_fail: bool


BORROWS = Effect(discharges=False, may_discharge=False, returns=False, may_raise=True, may_fail=True)


class Summaries:
    """Summaries on demand. A recursive question is answered "borrows" and "no source"."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self.module = explorer.module
        self.pools = explorer.pools
        self.provenance = explorer.provenance
        self._effects: dict[tuple[int, frozenset[str], ResourceModel, Knowledge], Effect] = {}
        self._sources: dict[Function, Acquired | None] = {}
        self._called: dict[tuple[int, Knowledge], Called] = {}
        self._raising: dict[int, bool] = {}

    def effect(
        self, unit: int, names: frozenset[str], resource: ResourceModel, knowledge: Knowledge = NOTHING_KNOWN
    ) -> Effect:
        """What calling that unit does to a resource that all those parameters and captured variables hold, or the attribute
        ``self.name`` of its own object. ``knowledge`` is what the caller knows of other variables that it captured."""
        key = (unit, names, resource, knowledge)
        if key not in self._effects:
            self._effects[key] = BORROWS
            self._effects[key] = self._find_effect(unit, names, resource, knowledge)
        return self._effects[key]

    def _find_effect(self, unit: int, names: frozenset[str], resource: ResourceModel, knowledge: Knowledge) -> Effect:
        explorer = self._explorer.unit(unit, follows_own=any("." in name for name in names))
        if explorer is None:
            return BORROWS
        exploration = explorer.parameters(names, resource, knowledge)
        log = exploration.log
        held = {event.exit for event in log.events if isinstance(event, LeftHeld)}
        discharged = log.released or log.moved
        always = discharged and ExitKind.RETURN not in held and not log.returned
        may_fail = ExitKind.EXCEPTION in held and not log.moved
        return Effect(always, discharged, log.returned, log.raised, may_fail)

    def comes_to(self, unit: int, names: frozenset[str], resource: ResourceModel, span: Span) -> bool:
        """Whether the call at that place of the unit is made while a resource that those variables hold is held."""
        explorer = self._explorer.unit(unit)
        if explorer is None:
            return True
        solution = explorer.parameters(names, resource, NOTHING_KNOWN).solution
        calling = (block for block in explorer.context.graph.blocks if _calls_at(block, span))
        return any(solution.reached.get(block.id) for block in calling)

    def called(self, unit: int, knowledge: Knowledge) -> Called:
        """What a call of a nested function comes to. ``knowledge`` is what the caller knows of the variables that it captured."""
        key = (unit, knowledge)
        if key not in self._called:
            self._called[key] = UNSEEN
            explorer = self._explorer.unit(unit)
            if explorer is not None:
                self._called[key] = explorer.called(knowledge)
        return self._called[key]

    def may_raise(self, unit: int) -> bool:
        """Whether an exception (or a cancellation) can leave the body of that unit, whatever it is given."""
        if unit not in self._raising:
            self._raising[unit] = True
            if not self.module.units[unit].decorators and not self._starts_raising(unit):
                explorer = self._explorer.unit(unit)
                if explorer is not None:
                    approach = explorer.approach
                    raised = approach.log.raised or approach.solution.is_partial
                    self._raising[unit] = raised or self._any_may_raise(approach.log.unasked or ())
        return self._raising[unit]

    def _any_may_raise(self, functions: Iterable[Function]) -> bool:
        ordered = sorted(functions, key=lambda function: (function.home, function.unit))
        found = ((self.at(function.home), function.unit) for function in ordered)
        return any(there is None or there.may_raise(unit) for there, unit in found)

    def may_wait(self, unit: int) -> bool:
        """Whether a coroutine can be suspended in the body of that unit, and so be cancelled."""
        if self.module.units[unit].decorators:
            return True
        index = self.module.indexes[unit]
        entered: list[Enter | Exit | Next] = [*index.of(Enter), *index.of(Exit), *index.of(Next)]
        return bool(index.of(Await) or index.of(Yield)) or any(op.is_async for op in entered)

    def _starts_raising(self, unit: int) -> bool:
        """A cheap yes: something that may raise comes before any branch, and no ``try`` stands around it."""
        code = self.module.units[unit]
        if code.outline is None or code.tries:
            return False
        for op in code.outline:
            if isinstance(op, _PARTING) or (isinstance(op, Store) and op.name.startswith("$match")):
                return False
            if self._raises(unit, op):
                return True
        return False

    def _raises(self, unit: int, op: Op) -> bool:
        """Whether an op of that unit's outline may raise for certain."""
        match op:
            case Import():
                return True
            case Item():
                return not self._explorer.calls(unit).has_any_item(op)
            case Raise(src=int(src)):
                raised = self.module.indexes[unit].definition(src)
                path = self.module.indexes[unit].path(raised.func if isinstance(raised, Call) else src)
                return path is not None and kind_of_class(path) is EdgeKind.EXCEPTION
            case Call():
                calls = self._explorer.calls(unit)
                function = calls.function(op)
                return calls.is_foreign(op) or (function is not None and self._body_may_raise(unit, function))
        return False

    def _body_may_raise(self, unit: int, function: Function) -> bool:
        """Whether the body of a function that the unit calls may raise: one that runs at once, and knows no variables of the unit."""
        there = self.at(function.home)
        if there is None:
            return False
        code = there.module.units[function.unit]
        if code.is_async or code.is_generator or (there is self and code.parent == unit):
            return False
        return there.may_raise(function.unit)

    def wrapped(self, known: Class, position: int, keyword: str | None, resource: ResourceModel) -> Keeper | None:
        """Who keeps a resource that an object of the class was given."""
        return self._explorer.owners.wrapped(known, position, keyword, resource)

    def making_may_raise(self, known: Class) -> bool:
        """Whether an exception can leave the construction of an object. A class with a base that nobody sees may do anything."""
        there = self._explorer.at(known.home)
        if there is None or not there.owners.is_closed_world(known.unit):
            return True
        for name in ("__new__", "__init__", "__post_init__"):
            method = there.provenance.attribute_of(known.unit, name)
            if method is None:
                continue
            summaries = self.at(method.home) if isinstance(method, Function) else None
            if not isinstance(method, Function) or summaries is None or summaries.may_raise(method.unit):
                return True
        return bool(there.module.units[known.unit].decorators)

    def forget(self) -> None:
        """Drop what was worked out while something was not known yet; what was found stays."""
        self._effects.clear()
        self._called.clear()
        self._raising.clear()
        self._sources = {function: found for function, found in self._sources.items() if found is not None}

    def at(self, home: str) -> Summaries | None:
        """The summaries of another module of the project."""
        there = self._explorer.at(home)
        return there.summaries if there is not None else None

    def source(self, function: Function) -> Acquired | None:
        """What a call of that function acquires for its caller: a resource that it acquires and returns."""
        if function.home != self.provenance.home:
            there = self.at(function.home)
            return there.source(function) if there is not None else None
        function = Function(function.unit, function.home)
        if function not in self._sources:
            if not self._may_be_source(self.module.indexes[function.unit]):
                return self._sources.setdefault(function, None)
            found = self._explorer.program.recursive(("source", function), lambda: self._find_source(function))
            if found is None and self._explorer.program.is_open(("source", function)):
                return None
            self._sources[function] = found
        return self._sources[function]

    def _may_be_source(self, index: UnitIndex) -> bool:
        """Whether a function returns anything that may have been acquired."""
        sources = (op for store in index.stores.get("$return", ()) for op in sources_of(index, store.src))
        return any(not isinstance(op, Const | Compute | Build | MakeFunction) or _is_tuple(op) for op in sources)

    def _find_source(self, function: Function) -> Acquired | None:
        unit = self.module.units[function.unit]
        if unit.kind not in (UnitKind.FUNCTION, UnitKind.LAMBDA) or unit.is_generator:
            return None
        explorer = self._explorer.unit(unit.index) if self._explorer.has_sites(unit.index) else None
        if explorer is None:
            return None
        for span, acquired in explorer.context.calls.sites.items():
            log = explorer.site(span, acquired).log
            inside = ((function, span), *acquired.inside)
            if log.returned_in is not None and not log.returned and is_class_name(log.returned_in.qualname):
                plain = form_through(self.provenance, unit, Form.AWAIT if unit.is_async else Form.PLAIN)
                return acquired_object(log.returned_in, acquired, plain, inside) if plain is not None else None
            if (
                log.returned_at is not None
                and not log.returned
                and _gives_tuples(explorer.context.index, log.returned_at)
            ):
                plain = form_through(self.provenance, unit, Form.AWAIT if unit.is_async else Form.PLAIN)
                if plain is None:
                    return None
                return replace(acquired, form=plain, inside=inside, ends=frozenset(), place=log.returned_at)
            if log.returned or (log.returned_pending and not unit.is_async):
                form = acquired.form if not log.returned else Form.AWAIT if unit.is_async else Form.PLAIN
                through = form_through(self.provenance, unit, form)
                if through is None:
                    return None
                return replace(acquired, form=through, inside=inside, ends=frozenset(), place=None)
        return None


def _calls_at(block: BasicBlock, span: Span) -> bool:
    return any(isinstance(op, Call) and op.span == span for op in block.ops)


def _is_tuple(op: Op) -> bool:
    return isinstance(op, Build) and op.kind in ("tuple", "list") and len(op.items) > 1


def _gives_tuples(index: UnitIndex, place: Place) -> bool:
    """Whether each ``return`` of a function gives a tuple of that size which tells nothing but by what stands at that place: a flag
    beside it may say that it is somebody else's."""
    for store in index.stores.get("$return", ()):
        made = index.definition(store.src)
        if isinstance(made, Await):
            made = index.definition(made.src)
        if isinstance(made, Call):
            continue
        if not isinstance(made, Build) or any(made.stars) or len(made.items) != place.size:
            return False
        here = index.definition(made.items[place.position])
        others = (item for position, item in enumerate(made.items) if position != place.position)
        if not (isinstance(here, Const) and here.value is None) and any(_is_flag(index, other) for other in others):
            return False
    return True


def _is_flag(index: UnitIndex, temp: Temp) -> bool:
    """Whether a value is a constant or the outcome of a test, perhaps by name."""
    op = index.definition(temp)
    made = (index.definition(store.src) for store in index.stores.get(op.name, ())) if isinstance(op, Load) else (op,)
    return any(isinstance(value, Const | Compute) for value in made)
