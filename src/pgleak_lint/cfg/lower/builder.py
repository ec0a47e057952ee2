"""Builds the blocks and edges of one graph, and brings them into their final form."""

from __future__ import annotations

from pgleak_lint.cfg.graph import BasicBlock, ControlFlowGraph, Edge, EdgeKind, ExitKind
from pgleak_lint.cfg.ops import Op, Temp

_EDGE_ORDER = {EdgeKind.NORMAL: 0, EdgeKind.TRUE: 0, EdgeKind.FALSE: 1, EdgeKind.SWALLOW: 2}


class TooManyBlocks(Exception):
    """The unit needs more blocks than it may have."""


class GraphBuilder:
    """A graph in the making. ``current`` is the block that ops go to; None after a jump, where code is unreachable:
    then ops are dropped."""

    def __init__(self, max_blocks: int) -> None:
        self._ops: list[list[Op]] = []
        self._edges: list[list[Edge]] = []
        self._max_blocks = max_blocks
        self._temps = 0
        self._names = 0
        self.exits = {kind: self.new_block() for kind in ExitKind}
        self.entry = self.new_block()
        self.current: int | None = self.entry

    def new_block(self) -> int:
        """An empty block. Raises `TooManyBlocks`."""
        if len(self._ops) >= self._max_blocks:
            raise TooManyBlocks
        self._ops.append([])
        self._edges.append([])
        return len(self._ops) - 1

    def temp(self) -> Temp:
        """A temp that nobody uses yet."""
        self._temps += 1
        return self._temps

    def pseudo(self, prefix: str) -> str:
        """A pseudo-variable that nobody uses yet."""
        self._names += 1
        return f"${prefix}{self._names}"

    def emit(self, op: Op) -> None:
        """Append an op that can't raise."""
        if self.current is not None:
            self._ops[self.current].append(op)

    def add_edge(self, source: int | None, target: int, kind: EdgeKind, raised: str | None = None) -> None:
        """An edge; nothing where the source is unreachable."""
        if source is not None:
            self._edges[source].append(Edge(target, kind, raised))

    def jump(self, target: int) -> None:
        """End the current block with a plain edge."""
        self.add_edge(self.current, target, EdgeKind.NORMAL)
        self.current = None

    def branch(self, op: Op, when_true: int, when_false: int) -> None:
        """End the current block with an op that chooses."""
        self.emit(op)
        self.add_edge(self.current, when_true, EdgeKind.TRUE)
        self.add_edge(self.current, when_false, EdgeKind.FALSE)
        self.current = None

    # -- the final form ----------------------------------------------------------------------------

    def finish(self) -> ControlFlowGraph:
        """Only what is reachable, no empty blocks on the way, straight runs joined, exits last."""
        exits = set(self.exits.values())
        entry = self._skip(self.entry, exits)
        order = self._reachable(entry, exits)
        self._join_runs(entry, order, exits)
        order = [block for block in self._reachable(entry, exits) if block not in exits]
        order = sorted(order) + [self.exits[kind] for kind in ExitKind]
        number = {block: i for i, block in enumerate(order)}
        blocks = tuple(
            BasicBlock(
                number[block],
                tuple(self._ops[block]),
                tuple(
                    Edge(number[edge.target], edge.kind, edge.raised)
                    for edge in sorted(self._edges[block], key=lambda edge: _EDGE_ORDER.get(edge.kind, 3))
                ),
            )
            for block in order
        )
        return ControlFlowGraph(blocks, number[entry], tuple((kind, number[self.exits[kind]]) for kind in ExitKind))

    def _skip(self, block: int, exits: set[int]) -> int:
        """The first block behind a chain of empty ones; of a loop of nothing, always the same one of its blocks."""
        chain: list[int] = []
        while block not in exits and not self._ops[block] and len(self._edges[block]) == 1:
            if block in chain:
                return min(chain[chain.index(block) :])
            chain.append(block)
            block = self._edges[block][0].target
        return block

    def _reachable(self, entry: int, exits: set[int]) -> list[int]:
        seen, pending, order = {entry}, [entry], []
        while pending:
            block = pending.pop()
            order.append(block)
            edges = [Edge(self._skip(e.target, exits), e.kind, e.raised) for e in self._edges[block]]
            self._edges[block] = list(dict.fromkeys(edges))
            for edge in self._edges[block]:
                if edge.target not in seen:
                    seen.add(edge.target)
                    pending.append(edge.target)
        return order

    def _join_runs(self, entry: int, order: list[int], exits: set[int]) -> None:
        """Append a block to its only predecessor where nothing else leaves or enters between them."""
        entering: dict[int, int] = dict.fromkeys(order, 0)
        for block in order:
            for edge in self._edges[block]:
                entering[edge.target] += 1
        joined: set[int] = set()
        for block in order:
            if block in joined or block in exits:
                continue
            while len(self._edges[block]) == 1 and self._edges[block][0].kind is EdgeKind.NORMAL:
                target = self._edges[block][0].target
                if target in exits or target in (entry, block) or entering[target] != 1:
                    break
                # A block that only chooses among handlers stays apart: its exceptional edges say nothing about the op
                # before them, which has completed.
                if not self._ops[target]:
                    break
                self._ops[block].extend(self._ops[target])
                self._edges[block] = self._edges[target]
                joined.add(target)
