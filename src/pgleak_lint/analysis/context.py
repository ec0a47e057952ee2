"""What following the paths of one unit needs, computed once per unit."""

from __future__ import annotations

import enum
from functools import cached_property
from typing import TYPE_CHECKING

from pgleak_lint._record import record
from pgleak_lint.analysis.callees import Callee, is_lock
from pgleak_lint.analysis.calls import ResolvedCall, ResolvedCalls
from pgleak_lint.analysis.liveness import Liveness, names_of
from pgleak_lint.analysis.names import CONSTRUCTORS, ModuleIndex, UnitIndex
from pgleak_lint.analysis.provenance import is_context_manager
from pgleak_lint.analysis.tested import TestedPaths
from pgleak_lint.cfg.graph import (
    EXCEPTIONAL,
    BasicBlock,
    CodeUnit,
    ControlFlowGraph,
    Edge,
    EdgeKind,
    ExitKind,
    UnitKind,
)
from pgleak_lint.cfg.ops import (
    Attr,
    Await,
    Call,
    Copy,
    Delete,
    Enter,
    Exit,
    Item,
    Iterate,
    Load,
    MakeFunction,
    Op,
    SetAttr,
    Store,
    Temp,
    Yield,
    read_temps,
)
from pgleak_lint.models.schema import Kind, ResourceModel
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.program import Program


class YieldPolicy(enum.Enum):
    """What can come back at a ``yield``."""

    CONSUMER = "consumer"
    """A plain generator: the consumer owns what it gets, and may close the generator there."""
    MANAGER = "manager"
    """A context manager or a framework's dependency: the value is lent, an exception may be thrown in."""
    FIXTURE = "fixture"
    """A test fixture: the value is lent, and the function always goes on."""


@record
class Signature:
    """What a block can do to a world, to pass by those that it can't touch. ``names``: the variables it reads or writes;
    ``stores``: whether it writes any; ``active``: it makes values that matter out of nothing. ``edges``: (number, edge) of
    those that can be taken at all."""

    names: frozenset[str]
    stores: bool
    active: bool
    edges: tuple[tuple[int, Edge], ...]


class UnitContext:
    """One unit with its graph, resolved calls, tracked tests, liveness and generator policy."""

    def __init__(
        self,
        module: ModuleIndex,
        index: UnitIndex,
        calls: ResolvedCalls,
        graph: ControlFlowGraph,
        home: str,
        program: Program,
        *,
        follows_own: bool = False,
    ) -> None:
        self._follows_own = follows_own
        self.home = home
        self.program = program
        self.module = module
        self.index = index
        self.unit: CodeUnit = index.unit
        self.calls = calls
        self.graph = graph
        self.tested = TestedPaths(module, index, calls, graph)
        self.exits: dict[int, ExitKind] = {block: kind for kind, block in graph.exits}

    @cached_property
    def policy(self) -> YieldPolicy:
        if is_context_manager(self.unit) or self._is_dependency:
            return YieldPolicy.MANAGER
        if any("fixture" in decorator.partition("(")[0].rpartition(".")[2] for decorator in self.unit.decorators):
            return YieldPolicy.FIXTURE
        return YieldPolicy.CONSUMER

    @cached_property
    def _is_dependency(self) -> bool:
        """Whether this generator function is named in a ``Depends(...)`` of its module."""
        if not self.unit.is_generator:
            return False
        parameters = [p for index in self.module.mentioning(self.unit.name) for p in index.unit.parameters]
        texts = [text for p in parameters for text in (p.default, p.annotation) if text]
        if any(f"Depends({self.unit.name}" in text for text in texts):
            return True
        for index in self.module.mentioning(self.unit.name):
            for op in index.of(Call):
                if (index.path(op.func) or "").rpartition(".")[2] in ("Depends", "Security"):
                    if any(index.path(a.value) == self.unit.name for a in op.arguments):
                        return True
        return False

    @cached_property
    def liveness(self) -> Liveness:
        """Which variables may be read again."""
        return Liveness(self.tested, self.tracked_roots)

    @cached_property
    def tracked_roots(self) -> frozenset[str]:
        own = {self.own_object} if self.own_object and (self._follows_own or self.makes_object) else set()
        return frozenset(path.partition(".")[0] for path in self.tested.tracked) | own

    @cached_property
    def only_handed(self) -> frozenset[Temp]:
        """Temps that nobody reads but calls of which they are arguments: which constant they are makes no difference."""
        handed: set[Temp] = set()
        asked: set[Temp] = set()
        for op in self.index.ops():
            if isinstance(op, Call):
                asked.add(op.func)
                handed.update(argument.value for argument in op.arguments)
            else:
                asked.update(read_temps(op))
        return frozenset(handed - asked)

    @cached_property
    def own_object(self) -> str | None:
        """The name of a method's own object, ``self`` most often."""
        unit = self.unit
        if unit.parent is None or unit.kind is not UnitKind.FUNCTION or not unit.parameters:
            return None
        is_method = self.module.units[unit.parent].kind is UnitKind.CLASS and "staticmethod" not in unit.decorators
        return unit.parameters[0].name if is_method else None

    @cached_property
    def makes_object(self) -> bool:
        """Whether the unit is a constructor that stores something it acquired: when it fails there is no object, unless the
        class has a ``__del__``, which runs all the same."""
        return (
            self.own_object is not None
            and self.unit.parent is not None
            and "__del__" not in self.module.children(self.unit.parent)
            and self.unit.name in CONSTRUCTORS
            and bool(self.calls.sites)
            and bool(self.index.of(SetAttr))
        )

    # -- blocks ------------------------------------------------------------------------------------

    @cached_property
    def signatures(self) -> tuple[Signature, ...]:
        return tuple(self._signature(block) for block in self.graph.blocks)

    def _signature(self, block: BasicBlock) -> Signature:
        names: set[str] = set()
        stores = active = False
        for op in block.ops:
            names |= names_of(op, self.module)
            stores = stores or isinstance(op, Store | Delete | SetAttr)
            active = active or self._is_active(op)
        active = active or not names.isdisjoint(self.tracked_roots)
        edges = tuple((i, edge) for i, edge in enumerate(block.edges) if self._can_take(block, edge))
        return Signature(frozenset(names), stores, active, edges)

    def _is_active(self, op: Op) -> bool:
        match op:
            case Call(dst=dst):
                call = self.calls.by_temp[dst]
                return (
                    call.acquired is not None
                    or call.function is not None
                    or call.constructs is not None
                    or call.callee in (Callee.STACK, Callee.SUPPRESS, Callee.EXPECTS, Callee.NAMESPACE)
                    or call.path in self._ends
                    or self._takes_more(call)
                )
            case MakeFunction() | Copy():
                return True
            case Iterate(nonempty=nonempty):
                return nonempty
            case Await(src=src):
                return src in self.tested.nested.awaited
        return False

    def _takes_more(self, call: ResolvedCall) -> bool:
        """Whether the call takes a connection from a pool, in a unit that holds one."""
        if not any(acquired.resource.kind is Kind.POOLED_CONNECTION for acquired in self.calls.sites.values()):
            return False
        module = self.program.module(self.home)
        return module is not None and bool(module.explorer.pools.taken_by(self.index, call))

    @cached_property
    def _ends(self) -> frozenset[str]:
        """Calls that take back everything that an owner of this unit's acquires handed out."""
        return frozenset().union(*(acquired.ends for acquired in self.calls.sites.values()))

    @cached_property
    def catches_nothing(self) -> bool:
        """Whether every exception leaves the unit at once."""
        edges = (edge for block in self.graph.blocks for edge in block.edges if edge.kind in EXCEPTIONAL)
        return all(edge.target in self.exits for edge in edges)

    def _can_take(self, block: BasicBlock, edge: Edge) -> bool:
        op = block.ops[-1] if block.ops else None
        if edge.kind is EdgeKind.SWALLOW:
            return False
        if edge.kind not in EXCEPTIONAL:
            return True
        match op:
            case Call(dst=dst):
                return not self.calls.by_temp[dst].silent or edge.kind is EdgeKind.SYSTEM_EXIT
            case Await(src=src):
                if src in self.calls.pauses:
                    return edge.kind is EdgeKind.CANCELLATION
                return src not in self.calls.silent_awaits
            case Item(dst=dst):
                return dst not in self.calls.silent_items
            case Enter(manager=manager, is_async=is_async) if manager in self._locks:
                return is_async and edge.kind is EdgeKind.CANCELLATION
            case Exit(exceptional=False, is_async=is_async, manager=manager):
                return is_async and manager not in self._locks
            case Yield():
                return self._can_come_back(edge.kind)
        return True

    @cached_property
    def _locks(self) -> frozenset[str]:
        """The variables of ``with`` statements that hold locks."""
        managers = ((name, stores) for name, stores in self.index.stores.items() if name.startswith("$with"))
        return frozenset(name for name, stores in managers if all(self._is_lock(store.src) for store in stores))

    def _is_lock(self, temp: Temp) -> bool:
        made = self.index.definition(temp)
        path = self.index.path(made.func if isinstance(made, Call) else temp)
        # a method `lock()` asks somebody else, a server most often
        return is_lock(path) and not (isinstance(made, Call) and (path or "").rpartition(".")[2].islower())

    def _can_come_back(self, kind: EdgeKind) -> bool:
        if self.policy is YieldPolicy.FIXTURE:
            return False
        if self.policy is YieldPolicy.MANAGER:
            return kind is EdgeKind.EXCEPTION or (kind is EdgeKind.GENERATOR_CLOSE and self.unit.is_async)
        return kind is EdgeKind.GENERATOR_CLOSE

    def captures(self, nested: int) -> bool:
        """Whether a nested function uses variables of this one."""
        return not self.unit.bound.isdisjoint(self.module.free(nested))

    def releases_somewhere(self, resource: ResourceModel) -> bool:
        """Whether the unit, or a function nested in it, calls any release of that resource: then what it passes on
        is only lent."""
        return any(release.method.rpartition(".")[2] in self._mentioned for release in resource.releases)

    @cached_property
    def _mentioned(self) -> frozenset[str]:
        """The names and attributes that the unit and the functions nested in it load."""
        units = [self.unit.index, *(unit.index for unit in self.module.units if unit.parent == self.unit.index)]
        ops = [op for number in units for op in self.module.indexes[number].ops()]
        attributes = {op.attr for op in ops if isinstance(op, Attr)}
        return frozenset(attributes | {op.name for op in ops if isinstance(op, Load) and isinstance(op.name, str)})

    def blocks_calling(self, method: int) -> frozenset[int]:
        """The blocks that call a method of this module on the own object."""
        called = f"{self.own_object}.{self.module.units[method].name}"
        return frozenset(
            block.id
            for block in self.graph.blocks
            if any(isinstance(op, Call) and self.index.path(op.func) == called for op in block.ops)
        )

    @cached_property
    def acquire_blocks(self) -> dict[Span, list[int]]:
        """Span of an acquire → the blocks that hold it (several where a ``finally`` was lowered several times)."""
        found: dict[Span, list[int]] = {}
        for block in self.graph.blocks:
            for op in block.ops:
                if isinstance(op, Call) and self.calls.by_temp[op.dst].acquired is not None:
                    found.setdefault(op.span, []).append(block.id)
        return found
