"""What following the paths of one unit needs, computed once per unit."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pgleak_lint._record import record
from pgleak_lint.analysis.callees import Callee, is_lock, is_releasing_method
from pgleak_lint.analysis.calls import ResolvedCall, ResolvedCalls
from pgleak_lint.analysis.conditions import constant_text
from pgleak_lint.analysis.names import CONSTRUCTORS, ModuleIndex, UnitIndex
from pgleak_lint.analysis.nested import NestedFunctions
from pgleak_lint.analysis.provenance import is_context_manager
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
    Append,
    Attr,
    Await,
    Branch,
    Build,
    Call,
    Compute,
    Const,
    Copy,
    Delete,
    Enter,
    Exit,
    Item,
    Iterate,
    Leave,
    Load,
    MakeClass,
    MakeFunction,
    MatchTest,
    Next,
    Op,
    SetAttr,
    Store,
    Temp,
    Unpack,
    Yield,
    read_temps,
)
from pgleak_lint.cfg.reach import cyclic_blocks
from pgleak_lint.models.schema import Form, Kind, OnWith, ResourceModel
from pgleak_lint.source.span import Span

OpType = TypeVar("OpType", bound=Op)

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
        texts = [p.default or "" for unit in self.module.units for p in unit.parameters]
        texts += [p.annotation or "" for unit in self.module.units for p in unit.parameters]
        if any(f"Depends({self.unit.name}" in text for text in texts):
            return True
        for index in self.module.mentioning(self.unit.name):
            for op in index.of(Call):
                if (index.path(op.func) or "").rpartition(".")[2] in ("Depends", "Security"):
                    if any(index.path(a.value) == self.unit.name for a in op.arguments):
                        return True
        return False

    # -- tests -------------------------------------------------------------------------------------

    @cached_property
    def tracked(self) -> frozenset[str]:
        """The paths whose tests can be correlated: tested twice, or tested once and set to something known, or shared with a
        function around or inside, which may test them, too."""
        acquires = [call for call in self.calls.by_temp.values() if call.acquired is not None]
        if acquires and all(self._is_scoped(call) for call in acquires):
            return self.names_in_locals
        counts: dict[str, int] = {}
        repeated_tests = self._tests_in_loops
        for op in self._distinct(Branch):
            for path in self._paths(op.test):
                counts[path] = counts.get(path, 0) + (2 if op in repeated_tests else 1)
        pending = list(counts)
        while pending:
            name = pending.pop()
            sources = (self._paths(store.src) for store in self.index.stores.get(name, ()))
            for path in frozenset().union(*sources) - {name}:
                if path not in counts:
                    pending.append(path)
                counts[path] = counts.get(path, 0) + 1
        again = self._assigned | self._shared
        repeated = frozenset(path for path, count in counts.items() if count > 1 or path in again)
        shared = (self._captured & self._assigned) | self.unit.nonlocal_names
        return ((repeated | shared) - self.nested.assigned_any_time) | self.names_in_locals

    @cached_property
    def stand_ins(self) -> frozenset[str]:
        """The variables whose value takes the place of an acquired resource: ``given`` in ``conn = given or acquire()``. They are
        None, or true."""
        found: set[str] = set()
        for stores in self.index.stores.values():
            names: set[str] = set()
            pending, acquires = [store.src for store in stores], False
            while pending:
                for op in self.index.writers(pending.pop()):
                    match op:
                        case Load(name=name) if name[0] == "$":
                            pending.extend(store.src for store in self.index.stores.get(name, ()))
                        case Load(name=name):
                            names.add(name)
                        case Await() | Copy():
                            pending.extend(read_temps(op))
                        case Call(dst=dst):
                            acquires = acquires or self.calls.by_temp[dst].acquired is not None
            if acquires:
                found |= names
        return frozenset(found)

    @cached_property
    def nested(self) -> NestedFunctions:
        """What the functions inside this one assign."""
        return NestedFunctions(self.module, self.index)

    def _is_scoped(self, call: ResolvedCall) -> bool:
        """Whether an acquire is at once the subject of a ``with`` that releases it: no test can matter to it."""
        consumer = self.index.consumers.get(call.op.dst)
        if not isinstance(consumer, Store) or not consumer.name.startswith("$with") or call.acquired is None:
            return False
        return call.acquired.form is not Form.PLAIN or call.acquired.resource.on_with is OnWith.RELEASES

    @cached_property
    def _tests_in_loops(self) -> frozenset[Branch]:
        """Tests that can come again."""
        looping = cyclic_blocks(self.graph)
        return frozenset(
            op for block in self.graph.blocks if block.id in looping for op in block.ops if isinstance(op, Branch)
        )

    @cached_property
    def tracked_roots(self) -> frozenset[str]:
        own = {self.own_object} if self.own_object and (self._follows_own or self.makes_object) else set()
        return frozenset(path.partition(".")[0] for path in self.tracked) | own

    @cached_property
    def ways_to_tracked(self) -> frozenset[str]:
        """The tracked paths, and those that lead to one (``self.pool`` to ``self.pool.size``). What a test tells of any other is
        never asked for again."""
        parts = (path.split(".") for path in self.tracked)
        return frozenset(".".join(some[: end + 1]) for some in parts for end in range(len(some)))

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
            and "__del__" not in self.module.children.get(self.unit.parent, {})
            and self.unit.name in CONSTRUCTORS
            and bool(self.calls.sites)
            and bool(self.index.of(SetAttr))
        )

    @cached_property
    def repeated_facts(self) -> frozenset[str]:
        """Texts of opaque comparisons that are tested more than once (``?a > 3``)."""
        seen: dict[str, int] = {}
        for op in self._distinct(Compute):
            text = self.fact_text(op)
            if text is not None:
                seen[text] = seen.get(text, 0) + 1
        return frozenset(text for text, count in seen.items() if count > 1)

    def fact_text(self, op: Compute) -> str | None:
        """The key of an opaque comparison of pure operands."""
        if (
            op.operator not in ("==", "!=", "<", ">", "<=", ">=", "in", "not-in", "is", "is-not")
            or len(op.operands) != 2
        ):
            return None
        parts = [self._pure_text(operand) for operand in op.operands]
        return None if None in parts else f"?{parts[0]} {op.operator} {parts[1]}"

    def _pure_text(self, temp: Temp) -> str | None:
        op = self.index.definition(temp)
        if isinstance(op, Const):
            return constant_text(op.value)
        return self.index.path(temp) if isinstance(op, Load | Attr) else None

    @cached_property
    def _assigned(self) -> frozenset[str]:
        """Paths that are set to a constant, a test, a resource, or to another such path."""
        sources: list[tuple[str, Temp]] = [(op.name, op.src) for op in self._distinct(Store)]
        for op in self._distinct(SetAttr):
            owner = self.index.path(op.obj)
            if owner is not None:
                sources.append((f"{owner}.{op.attr}", op.src))
        found: set[str] = set()
        size = -1
        while size != len(found):
            size = len(found)
            found.update(path for path, src in sources if path not in found and self._is_informative(src, found))
        return frozenset(found)

    def _is_informative(self, temp: Temp, informative: Collection[str]) -> bool:
        pending, seen = [temp], set()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            for op in self.index.writers(current):
                match op:
                    case Const() | Compute():
                        return True
                    case Load(name=name) if name in informative:
                        return True
                    case Call(dst=dst) if self.calls.by_temp[dst].acquired:
                        return True
                    case Call(dst=dst) if self.calls.by_temp[dst].callee is Callee.CONSTRUCTOR:
                        return True
                    case Await() | Copy() | Unpack() | Build():
                        pending.extend(read_temps(op))
        return False

    @cached_property
    def names_in_locals(self) -> frozenset[str]:
        """Names that a test like ``"conn" in locals()`` asks for."""
        return frozenset(
            first.value
            for op in self._distinct(Compute)
            if op.operator in ("in", "not-in")
            and isinstance(first := self.index.definition(op.operands[0]), Const)
            and isinstance(first.value, str)
            and isinstance(call := self.index.definition(op.operands[1]), Call)
            and self.calls.by_temp[call.dst].callee is Callee.NAMESPACE
        )

    @cached_property
    def unset_at_their_release(self) -> frozenset[str]:
        """Variables that may have no value yet where something is given back by them: ``cur.close()`` in a ``finally`` then raises,
        and what stands behind it does not run."""
        index, unit = self.index, self.unit
        owners = (index.definition(op.obj) for op in index.of(Attr) if is_releasing_method(f".{op.attr}"))
        own = unit.bound - {parameter.name for parameter in unit.parameters} - unit.global_names - unit.nonlocal_names
        names = {op.name for op in owners if isinstance(op, Load)} & own - self.nested.assigned_any_time
        if not names or unit.kind is not UnitKind.FUNCTION:
            return frozenset()
        blocks = self.graph.blocks
        entered = {self.graph.entry: frozenset(names)}
        pending, found = [self.graph.entry], set()
        while pending:
            number = pending.pop()
            unset = set(entered[number])
            for op in blocks[number].ops:
                if isinstance(op, Load) and op.name in unset:
                    found.add(op.name)
                elif isinstance(op, Store):
                    unset.discard(op.name)
                elif isinstance(op, Delete) and op.name in names:
                    unset.add(op.name)
            for edge in blocks[number].edges:
                before = entered.get(edge.target, frozenset())
                if edge.target not in entered or not unset <= before:
                    entered[edge.target] = before | unset
                    pending.append(edge.target)
        return frozenset(found)

    def _distinct(self, kind: type[OpType]) -> Iterator[OpType]:
        """The ops of one kind, without the copies that lowering a ``finally`` several times makes."""
        seen = set()
        for op in self.index.of(kind):
            key = (getattr(op, "span", None), getattr(op, "name", None))
            if key not in seen:
                seen.add(key)
                yield op

    def _paths(self, temp: Temp) -> set[str]:
        """The paths that the value of a test depends on."""
        found: set[str] = set()
        pending, seen = [temp], set()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            for op in self.index.writers(current):
                if isinstance(op, Load | Attr):
                    path = self.index.path(current)
                    if path is not None:
                        found.add(path)
                elif isinstance(op, Compute | Copy | Build | Unpack):
                    pending.extend(read_temps(op))
                elif isinstance(op, MatchTest):
                    found |= self._subject_paths(op)
        return found

    def _subject_paths(self, op: MatchTest) -> set[str]:
        found: set[str] = set()
        for store in self.index.stores.get(op.subject, ()):
            found |= self._paths(store.src)
        return found

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
                return src in self.nested.awaited
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
        return is_lock(self.index.path(made.func if isinstance(made, Call) else temp))

    def _can_come_back(self, kind: EdgeKind) -> bool:
        if self.policy is YieldPolicy.FIXTURE:
            return False
        if self.policy is YieldPolicy.MANAGER:
            return kind is EdgeKind.EXCEPTION or (kind is EdgeKind.GENERATOR_CLOSE and self.unit.is_async)
        return kind is EdgeKind.GENERATOR_CLOSE

    # -- liveness ----------------------------------------------------------------------------------

    @cached_property
    def live_names(self) -> tuple[frozenset[str], ...]:
        """For each block the variables that may be read after its entry, before they are bound anew. Only those that a
        world can know something about are told."""
        known = self.index.stores.keys() | self.tracked_roots | self.tracked | self.module.free(self.unit.index)
        numbers = {name: i for i, name in enumerate(sorted(known))}
        uses, kills = [], []
        for block in self.graph.blocks:
            used = killed = 0
            for op in block.ops:
                used |= _mask(reads_of(op, self.module) | self._path_read(op), numbers) & ~killed
                if isinstance(op, Store | Delete):
                    killed |= _mask((op.name,), numbers)
            uses.append(used)
            kills.append(killed)
        live = self._solve_liveness(uses, kills, _mask(self._always_live, numbers))
        names = list(numbers)
        sets = {mask: frozenset(n for i, n in enumerate(names) if mask >> i & 1) for mask in set(live)}
        return tuple(sets[mask] for mask in live)

    def _path_read(self, op: Op) -> set[str]:
        """The tracked dotted path that an attribute load reads."""
        if not isinstance(op, Attr) or op.attr not in self._tracked_attributes:
            return set()
        path = self.index.path(op.dst)
        return {path} if path in self.tracked else set()

    @cached_property
    def _tracked_attributes(self) -> frozenset[str]:
        return frozenset(path.rpartition(".")[2] for path in self.tracked if "." in path)

    def is_live(self, key: str, live: Collection[str]) -> bool:
        """Whether a path, or the first operand of an opaque test, may be asked for again."""
        base = key.lstrip("?").partition(" ")[0]
        return base in live or (base not in self.tracked and base.partition(".")[0] in live)

    def _solve_liveness(self, uses: list[int], kills: list[int], always: int) -> list[int]:
        """Backwards over the graph, sets of variables as bit masks."""
        blocks = self.graph.blocks
        predecessors: list[list[int]] = [[] for _ in blocks]
        for block in blocks:
            for edge in block.edges:
                predecessors[edge.target].append(block.id)
        live = [used | always for used in uses]
        pending, waiting = list(range(len(blocks))), set(range(len(blocks)))
        while pending:
            number = pending.pop()
            waiting.discard(number)
            after = 0
            for edge in blocks[number].edges:
                after |= live[edge.target]
            before = uses[number] | (after & ~kills[number]) | always
            if before != live[number]:
                live[number] = before
                new = [p for p in predecessors[number] if p not in waiting]
                waiting.update(new)
                pending.extend(new)
        return live

    def captures(self, nested: int) -> bool:
        """Whether a nested function uses variables of this one."""
        return not self.unit.bound.isdisjoint(self.module.free(nested))

    @cached_property
    def _captured(self) -> frozenset[str]:
        """The variables that nested functions use."""
        names = {
            name
            for unit in self.module.units
            if unit.parent == self.unit.index
            for name in self.module.free(unit.index)
        }
        return frozenset(names & self.unit.bound)

    @cached_property
    def _shared(self) -> frozenset[str]:
        """The variables that nested functions use, and those of the function around that this one uses."""
        around = self.module.units[self.unit.parent] if self.unit.parent is not None else None
        if around is None or around.kind is not UnitKind.FUNCTION:
            return self._captured
        return self._captured | (self.unit.free & around.bound)

    @cached_property
    def _always_live(self) -> frozenset[str]:
        """What a nested function captured or this one sets in the one around, and the return value."""
        return self._captured | {"$return"} | self.names_in_locals | self.unit.nonlocal_names

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


def _mask(names: Iterable[str], numbers: Mapping[str, int]) -> int:
    """The set of those names that have a number, as a bit mask."""
    mask = 0
    for name in names:
        number = numbers.get(name)
        if number is not None:
            mask |= 1 << number
    return mask


def names_of(op: Op, module: ModuleIndex) -> set[str]:
    """The variables that an op reads or writes."""
    found = reads_of(op, module)
    if isinstance(op, Store | Delete):
        found.add(op.name)
    return found


def reads_of(op: Op, module: ModuleIndex) -> set[str]:
    """The variables that an op reads."""
    match op:
        case Load(name=name):
            return {name}
        case Enter(manager=name) | Exit(manager=name) | Next(iterator=name) | Append(container=name):
            return {name}
        case MatchTest(subject=name):
            return {name}
        case Leave(keyword="end"):
            return {"$return"}
        case MakeFunction(unit=unit) | MakeClass(unit=unit):
            return set(module.free(unit))
    return set()
