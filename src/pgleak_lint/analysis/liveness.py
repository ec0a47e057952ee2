"""Which variables may be read again, backwards over the graph of a unit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from pgleak_lint.analysis.names import ModuleIndex
from pgleak_lint.analysis.tested import TestedPaths
from pgleak_lint.cfg.ops import (
    Append,
    Attr,
    Delete,
    Enter,
    Exit,
    Leave,
    Load,
    MakeClass,
    MakeFunction,
    MatchTest,
    Next,
    Op,
    Store,
)


class Liveness:
    """For each block of one unit, the variables of which a world at its entry has to know something."""

    def __init__(self, tested: TestedPaths, tracked_roots: frozenset[str]) -> None:
        self._tested = tested
        self._tracked_roots = tracked_roots
        self.module = tested.module
        self.index = tested.index
        self.unit = tested.unit
        self.graph = tested.graph

    @cached_property
    def live_names(self) -> tuple[frozenset[str], ...]:
        """For each block the variables that may be read after its entry, before they are bound anew. Only those that a
        world can know something about are told."""
        known = (
            self.index.stores.keys() | self._tracked_roots | self._tested.tracked | self.module.free(self.unit.index)
        )
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
        return {path} if path in self._tested.tracked else set()

    @cached_property
    def _tracked_attributes(self) -> frozenset[str]:
        return frozenset(path.rpartition(".")[2] for path in self._tested.tracked if "." in path)

    def is_live(self, key: str, live: Collection[str]) -> bool:
        """Whether a path, or the first operand of an opaque test, may be asked for again."""
        base = key.lstrip("?").partition(" ")[0]
        return base in live or (base not in self._tested.tracked and base.partition(".")[0] in live)

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

    @cached_property
    def _always_live(self) -> frozenset[str]:
        """What a nested function captured or this one sets in the one around, and the return value."""
        return self._tested.captured | {"$return"} | self._tested.names_in_locals | self.unit.nonlocal_names


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
