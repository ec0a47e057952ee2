"""Which variables and paths the tests of a unit can tell something of, and what else a world has to know of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from pgleak_lint.analysis.callees import Callee, is_releasing_method
from pgleak_lint.analysis.calls import ResolvedCall, ResolvedCalls
from pgleak_lint.analysis.conditions import constant_text
from pgleak_lint.analysis.names import ModuleIndex, UnitIndex
from pgleak_lint.analysis.nested import NestedFunctions
from pgleak_lint.cfg.graph import CodeUnit, ControlFlowGraph, UnitKind
from pgleak_lint.cfg.ops import (
    Attr,
    Await,
    Branch,
    Build,
    Call,
    Compute,
    Const,
    Copy,
    Delete,
    Load,
    MatchTest,
    Op,
    SetAttr,
    Store,
    Temp,
    Unpack,
    read_temps,
)
from pgleak_lint.cfg.reach import cyclic_blocks
from pgleak_lint.models.schema import Form, OnWith

OpType = TypeVar("OpType", bound=Op)


class TestedPaths:
    """The variables and dotted paths of one unit by their tests: those that are correlated, and those that may have no value."""

    def __init__(self, module: ModuleIndex, index: UnitIndex, calls: ResolvedCalls, graph: ControlFlowGraph) -> None:
        self.module = module
        self.index = index
        self.unit: CodeUnit = index.unit
        self.calls = calls
        self.graph = graph

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
        shared = (self.captured & self._assigned) | self.unit.nonlocal_names
        return ((repeated | shared) - self.nested.assigned_any_time) | self.names_in_locals

    @cached_property
    def stand_ins(self) -> frozenset[str]:
        """The variables whose value takes the place of an acquired resource: ``given`` in ``conn = given or acquire()``. They are
        None, or true."""
        found: set[str] = set()
        for name in self.index.stores:
            given, acquires = self._origins(name)
            if acquires:
                found |= given
        return frozenset(found)

    def _origins(self, name: str) -> tuple[set[str], bool]:
        """The variables from which one gets its value, and whether it also gets what is acquired."""
        given: set[str] = set()
        acquires = False
        pending, seen = [name], set()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            for op in self._written((store.src for store in self.index.stores.get(current, ())), (Await, Copy)):
                if isinstance(op, Load):
                    (pending.append if op.name[0] == "$" else given.add)(op.name)
                elif isinstance(op, Call):
                    acquires = acquires or self.calls.by_temp[op.dst].acquired is not None
        return given, acquires

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
    def ways_to_tracked(self) -> frozenset[str]:
        """The tracked paths, and those that lead to one (``self.pool`` to ``self.pool.size``). What a test tells of any other is
        never asked for again."""
        parts = (path.split(".") for path in self.tracked)
        return frozenset(".".join(some[: end + 1]) for some in parts for end in range(len(some)))

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
        for op in self._written((temp,), (Await, Copy, Unpack, Build)):
            match op:
                case Const() | Compute():
                    return True
                case Load(name=name) if name in informative:
                    return True
                case Call(dst=dst) if self.calls.by_temp[dst].acquired:
                    return True
                case Call(dst=dst) if self.calls.by_temp[dst].callee is Callee.CONSTRUCTOR:
                    return True
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
        for op in self._written((temp,), (Compute, Copy, Build, Unpack)):
            if isinstance(op, Load | Attr):
                path = self.index.path(op.dst)
                if path is not None:
                    found.add(path)
            elif isinstance(op, MatchTest):
                found |= self._subject_paths(op)
        return found

    def _written(self, temps: Iterable[Temp], through: tuple[type[Op], ...]) -> Iterator[Op]:
        """The ops that the temps' values come from, behind those of some kinds."""
        pending, seen = list(temps), set()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            for op in self.index.writers(current):
                if isinstance(op, through):
                    pending.extend(read_temps(op))
                else:
                    yield op

    def _subject_paths(self, op: MatchTest) -> set[str]:
        found: set[str] = set()
        for store in self.index.stores.get(op.subject, ()):
            found |= self._paths(store.src)
        return found

    @cached_property
    def captured(self) -> frozenset[str]:
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
            return self.captured
        return self.captured | (self.unit.free & around.bound)
