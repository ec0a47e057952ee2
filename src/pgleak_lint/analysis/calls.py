"""Every call of a unit, resolved once before any path is followed: what it acquires, whom it calls, whether it raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Protocol

from pgleak_lint._record import record
from pgleak_lint.analysis.callees import (
    PAUSES,
    SAFE_CONTAINER_METHODS,
    Callee,
    classify,
    is_releasing_method,
    matches_any,
)
from pgleak_lint.analysis.names import UnitIndex
from pgleak_lint.analysis.options import AnalysisOptions
from pgleak_lint.analysis.provenance import Provenance
from pgleak_lint.analysis.shapes import fallback_acquire, likely_acquire
from pgleak_lint.analysis.types import Class, Function, Instance, Place
from pgleak_lint.cfg.ops import Attr, Await, Build, Call, Compute, Const, Item, Load, Temp
from pgleak_lint.cfg.passing import is_class_name
from pgleak_lint.models.catalog import Acquire
from pgleak_lint.models.schema import Form, ResourceModel
from pgleak_lint.source.span import Span

_CONVERSIONS = frozenset({"abs", "float", "int", "round"})
_ANY_ITEM = frozenset({"collections.Counter", "collections.defaultdict"})


@record
class Acquired:
    """An obligation that a call starts. Where a function of the project acquires it inside, and returns it or the object that
    keeps it, ``inside`` has that function with the call in there, and so on down to the driver's own acquire; the caller of
    the first gets the value as ``form`` says, in a tuple at that ``place`` if there is one."""

    acquire: Acquire
    form: Form
    evidence: str
    inside: tuple[tuple[Function, Span], ...] = ()
    ends: frozenset[str] = frozenset()
    place: Place | None = None

    @property
    def resource(self) -> ResourceModel:
        """What is acquired."""
        return self.acquire.resource


@record
class ResolvedCall:
    """``path`` is the callee as spelled (``self.pool.acquire``), ``name`` its import-resolved dotted name. ``silent``: its
    exceptional edges are not followed. ``function`` is the function of the project that it calls, ``constructs`` the class."""

    op: Call
    path: str | None
    name: str | None
    callee: Callee
    silent: bool
    acquired: Acquired | None
    function: Function | None
    constructs: Class | None


class Sources(Protocol):
    """What functions of the project acquire for their callers."""

    def source(self, function: Function) -> Acquired | None:
        """What calling the function acquires."""


class Objects(Protocol):
    """What constructing classes of the project acquires."""

    def object(self, known: Class) -> Acquired | None:
        """What is owed for a new object of the class."""


class TestDoubles(Protocol):
    """What tests replace."""

    def stand_for(self, unit: int, call: Call, acquired: Acquired) -> bool:
        """Whether what that call of the unit would acquire comes from a test double."""


class ResolvedCalls:
    """The calls of one unit by the temp they write. ``may_acquire`` is a quick no for that temp."""

    def __init__(
        self,
        index: UnitIndex,
        provenance: Provenance,
        options: AnalysisOptions,
        sources: Sources,
        objects: Objects,
        may_acquire: Callable[[Temp], bool],
        doubles: TestDoubles,
    ) -> None:
        self._may_acquire = may_acquire
        self._doubles = doubles
        self._index = index
        self._provenance = provenance
        self._options = options
        self._sources = sources
        self._objects = objects
        self._acquires: dict[Temp, Acquired | None] = {}

    @cached_property
    def by_temp(self) -> dict[Temp, ResolvedCall]:
        return {op.dst: self._resolve(op) for op in self._index.of(Call)}

    def is_foreign(self, op: Call) -> bool:
        """Whether nothing is known of what is called, so that it may raise."""
        call = self._resolve(op)
        known = call.silent or call.acquired or call.function or call.constructs or call.callee is not Callee.UNKNOWN
        root = (call.path or "").partition(".")[0]
        return not known and root != "" and not self._index.stores.get(root)

    def function(self, op: Call) -> Function | None:
        """The function that is called, where its calls raise what its body raises."""
        call = self._resolve(op)
        return call.function if not call.silent and not call.acquired and call.constructs is None else None

    @cached_property
    def sites(self) -> dict[Span, Acquired]:
        """The acquire sites: span of the call → what it acquires. Copies of a call in a ``finally`` are one site."""
        calls = (op for op in self._index.of(Call))
        found = ((op.span, self._acquired(op)) for op in calls if self._may_acquire(op.dst))
        return {span: acquired for span, acquired in found if acquired is not None}

    @cached_property
    def acquire_at(self) -> dict[Span, Call]:
        """Span of an acquire → its call; the first of its copies."""
        found: dict[Span, Call] = {}
        for call in self.by_temp.values():
            if call.acquired is not None:
                found.setdefault(call.op.span, call.op)
        return found

    @cached_property
    def silent_awaits(self) -> frozenset[Temp]:
        """Temps whose ``await`` is not taken to raise: the coroutines of calls that give something back."""
        awaited = (self.by_temp.get(op.src) for op in self._index.of(Await))
        return frozenset(call.op.dst for call in awaited if call and call.silent and not _only_makes(call))

    @cached_property
    def pauses(self) -> frozenset[Temp]:
        """Temps whose ``await`` can be cancelled, and does nothing else."""
        return frozenset(temp for temp, call in self.by_temp.items() if call.name in PAUSES)

    @cached_property
    def silent_items(self) -> frozenset[Temp]:
        """Temps whose subscript is not taken to raise: of a generic class, and of what has an item for every key."""
        return frozenset(op.dst for op in self._index.of(Item) if self.has_any_item(op))

    def has_any_item(self, op: Item) -> bool:
        """Whether a subscript can't fail."""
        if is_class_name(self._index.path(op.obj) or ""):
            return True
        known = self._provenance.type_of(self._index.unit.index, op.obj)
        return isinstance(known, Instance) and known.type in _ANY_ITEM

    def _resolve(self, op: Call) -> ResolvedCall:
        unit = self._index.unit.index
        path = self._index.path(op.func)
        name = self._provenance.dotted_name(unit, op.func)
        known = self._provenance.type_of(unit, op.func)
        callee = classify(name, path)
        acquired = self._acquired(op)
        if isinstance(known, Class):
            callee = Callee.CONSTRUCTOR
        return ResolvedCall(
            op=op,
            path=path,
            name=name,
            callee=callee,
            silent=self._is_silent(op, name or path, path, callee),
            acquired=acquired,
            function=known if isinstance(known, Function) else None,
            constructs=known if isinstance(known, Class) else None,
        )

    def _is_silent(self, op: Call, name: str | None, path: str | None, callee: Callee) -> bool:
        if callee in (Callee.SAFE, Callee.CLOSING, Callee.LENDING, Callee.SUPPRESS, Callee.EXPECTS, Callee.STACK, Callee.PARTIAL,
                      Callee.CAST, Callee.NAMESPACE):  # fmt: skip
            return True
        if name in PAUSES or _is_scheduled(callee, path) or self._is_run_by_another(op):
            return True
        if not self._options.strict and (is_releasing_method(path) or self._is_method_named_so(op)):
            return True
        if self._is_container_method(op) or (name in _CONVERSIONS and self._takes_numbers(op)):
            return True
        patterns = self._options.safe_calls
        return bool(patterns) and any(text is not None and matches_any(text, patterns) for text in (name, path))

    def _is_run_by_another(self, op: Call) -> bool:
        """Whether what the call gives is handed to something that runs it: nothing of it has run before."""
        consumer = self._index.consumers.get(op.dst)
        if not isinstance(consumer, Call) or consumer.func == op.dst:
            return False
        name = self._provenance.dotted_name(self._index.unit.index, consumer.func)
        return classify(name, self._index.path(consumer.func)) in (Callee.RUNS, Callee.GATHERS)

    def _takes_numbers(self, op: Call) -> bool:
        """Whether all arguments are results of arithmetic, or numbers."""
        given = [self._index.definition(argument.value) for argument in op.arguments]
        return all(
            isinstance(value, Compute) or (isinstance(value, Const) and isinstance(value.value, int | float))
            for value in given
        )

    def _is_container_method(self, op: Call) -> bool:
        """A method that can't fail, of a list, dict or set written out in this unit."""
        callee = self._index.definition(op.func)
        if not isinstance(callee, Attr) or callee.attr not in SAFE_CONTAINER_METHODS:
            return False
        owner = self._index.definition(callee.obj)
        if not isinstance(owner, Load):
            return isinstance(owner, Build)
        stores = self._index.stores.get(owner.name, ())
        return bool(stores) and all(isinstance(self._index.definition(store.src), Build) for store in stores)

    def _is_method_named_so(self, op: Call) -> bool:
        callee = self._index.definition(op.func)
        return isinstance(callee, Attr) and is_releasing_method(f".{callee.attr}")

    def _acquired(self, op: Call) -> Acquired | None:
        if op.dst not in self._acquires:
            found = None if op.decorator else self._find_acquired(op)
            if found is not None and self._doubles.stand_for(self._index.unit.index, op, found):
                found = None
            self._acquires[op.dst] = found
        return self._acquires[op.dst]

    def _find_acquired(self, op: Call) -> Acquired | None:
        unit = self._index.unit.index
        known = self._provenance.type_of(unit, op.func)
        proven = self._provenance.acquire_of(unit, op)
        if proven is not None:
            acquire, likely = proven
            if self._shares(acquire, op):
                return None
            return self._from(acquire, op, "likely" if likely else "proven")
        if isinstance(known, Function):
            return self._sources.source(known)
        if isinstance(known, Class):
            return self._objects.object(known)
        callee = classify(self._provenance.dotted_name(unit, op.func), self._index.path(op.func))
        if callee is Callee.CALLS and isinstance(self._index.consumers.get(op.dst), Await):
            return self._acquired_elsewhere(op)
        if self._options.evidence == "proven" or callee is Callee.SAFE:
            return None
        found = likely_acquire(self._provenance, self._index, op, weak=self._options.evidence == "weak")
        found = found or fallback_acquire(self._provenance, self._index, op)
        return None if found is None else self._from(found, op, "likely")

    def _acquired_elsewhere(self, op: Call) -> Acquired | None:
        """What a function acquires that is handed over to be called in a thread, and whose result is awaited."""
        unit = self._index.unit.index
        for argument in op.arguments:
            known = self._provenance.type_of(unit, argument.value)
            found = self._provenance.acquire_by(unit, argument.value)
            if found is not None and found[0].model.form is Form.PLAIN:
                return Acquired(found[0], Form.AWAIT, "likely" if found[1] else "proven")
            source = self._sources.source(known) if isinstance(known, Function) else None
            if source is not None and source.form is Form.PLAIN:
                return replace(source, form=Form.AWAIT)
        return None

    def _shares(self, acquire: Acquire, op: Call) -> bool:
        """Whether an argument is something of the resource's kind that is owned elsewhere: then nothing is acquired."""
        unit = self._index.unit.index
        given = (self._provenance.type_of(unit, argument.value) for argument in op.arguments)
        return any(isinstance(known, Instance) and known.type in acquire.model.unless_given for known in given)

    def _from(self, acquire: Acquire, op: Call, evidence: str) -> Acquired:
        owner = self._provenance.catalog.types.get(acquire.model.call.rpartition(".")[0])
        callee = self._index.definition(op.func)
        path = self._index.path(callee.obj) if isinstance(callee, Attr) else None
        ends = (
            frozenset(f"{path}.{end}" for end in owner.ends) if owner is not None and path is not None else frozenset()
        )
        return Acquired(acquire, acquire.model.form, evidence, ends=ends)


def _only_makes(call: ResolvedCall) -> bool:
    """Whether the call makes something that runs when it is awaited."""
    return call.name in PAUSES or _is_scheduled(call.callee, call.path)


def _is_scheduled(callee: Callee, path: str | None) -> bool:
    """Whether a call makes an awaitable of others, which does not raise before it is awaited."""
    return callee in (Callee.RUNS, Callee.GATHERS) and not (path or "").endswith("run_until_complete")
