"""The invariants of a graph, checked. Every test that makes a graph runs this."""

from __future__ import annotations

from collections.abc import Iterator

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EXCEPTIONAL, BasicBlock, ControlFlowGraph, EdgeKind, ExitKind
from pgleak_lint.cfg.ops import Temp, read_temps, written_temps
from pgleak_lint.cfg.raising import kinds_of

_ORDER = {EdgeKind.NORMAL: 0, EdgeKind.TRUE: 0, EdgeKind.FALSE: 1, EdgeKind.SWALLOW: 2}


class InvalidGraph(Exception):
    """A graph that breaks an invariant; the message names block and op."""


def verify(graph: ControlFlowGraph) -> None:
    """Raise `InvalidGraph` for the first broken invariant of `pgleak_lint.cfg.graph` and `pgleak_lint.cfg.ops`."""
    exits = {block for _, block in graph.exits}
    if len(graph.exits) != len(ExitKind) or len(exits) != len(ExitKind):
        raise InvalidGraph("each exit kind needs one block of its own")
    if not all(0 <= block < len(graph.blocks) for block in (*exits, graph.entry)):
        raise InvalidGraph("entry or an exit is a block that does not exist")
    for number, block in enumerate(graph.blocks):
        _verify_block(graph, number, block, is_exit=number in exits)
    reached = _reachable(graph)
    for block in graph.blocks:
        if block.id not in reached and block.id not in exits:
            raise InvalidGraph(f"block {block.id} cannot be reached")
    _verify_temps(graph)


def _verify_block(graph: ControlFlowGraph, number: int, block: BasicBlock, *, is_exit: bool) -> None:
    if block.id != number:
        raise InvalidGraph(f"block {number} says that it is {block.id}")
    if is_exit:
        if block.ops or block.edges:
            raise InvalidGraph(f"exit block {number} has ops or edges")
        return
    if not block.edges:
        raise InvalidGraph(f"block {number} leads nowhere")
    for edge in block.edges:
        if not 0 <= edge.target < len(graph.blocks):
            raise InvalidGraph(f"block {number} has an edge to block {edge.target}, which does not exist")
        if edge.raised is not None and edge.kind is not EdgeKind.EXCEPTION:
            raise InvalidGraph(f"block {number} names a class on an edge of kind {edge.kind.value}")
    ranks = [_ORDER.get(edge.kind, 3) for edge in block.edges]
    if ranks != sorted(ranks):
        raise InvalidGraph(f"the edges of block {number} are out of order")
    for op in block.ops[:-1]:
        if kinds_of(op) or isinstance(op, ops.Branch | ops.Next | ops.Raise):
            raise InvalidGraph(f"block {number}: {op!r} is not the last op")
    _verify_edges(block)


def _verify_edges(block: BasicBlock) -> None:
    last = block.ops[-1] if block.ops else None
    kinds = [edge.kind for edge in block.edges]
    exceptional = {kind for kind in kinds if kind in EXCEPTIONAL}
    if isinstance(last, ops.Branch | ops.Next):
        if kinds.count(EdgeKind.TRUE) != 1 or kinds.count(EdgeKind.FALSE) != 1:
            raise InvalidGraph(f"block {block.id}: {last!r} needs one true and one false edge")
    elif EdgeKind.TRUE in kinds or EdgeKind.FALSE in kinds:
        raise InvalidGraph(f"block {block.id} branches without a test")
    if isinstance(last, ops.Raise):
        if len(exceptional) != len(kinds):
            raise InvalidGraph(f"block {block.id} goes on behind a raise")
    elif isinstance(last, ops.Exit) and last.exceptional:
        if EdgeKind.SWALLOW not in kinds or not exceptional:
            raise InvalidGraph(f"block {block.id}: an exceptional exit needs a swallowing edge and another")
    elif last is not None:
        allowed = set(kinds_of(last)) | ({EdgeKind.SYSTEM_EXIT} if isinstance(last, ops.Call) else set())
        if kinds_of(last) and not exceptional:
            raise InvalidGraph(f"block {block.id}: {last!r} may raise and has no exceptional edge")
        if not exceptional <= allowed:
            raise InvalidGraph(f"block {block.id}: {last!r} has an exceptional edge that it can't take")
    elif EdgeKind.NORMAL in kinds and len(kinds) > 1:
        raise InvalidGraph(f"block {block.id} has no op and chooses between going on and raising")


def _reachable(graph: ControlFlowGraph) -> set[int]:
    seen, pending = {graph.entry}, [graph.entry]
    while pending:
        for edge in graph.blocks[pending.pop()].edges:
            if edge.target not in seen:
                seen.add(edge.target)
                pending.append(edge.target)
    return seen


def _verify_temps(graph: ControlFlowGraph) -> None:
    """Every read finds a temp that was written on all paths to it and not read since."""
    available: dict[int, frozenset[Temp]] = {graph.entry: frozenset()}
    pending = [graph.entry]
    while pending:
        number = pending.pop()
        block = graph.blocks[number]
        for target, temps in _temps_after(block, available[number]):
            known = available.get(target)
            merged = temps if known is None else known & temps
            if merged != known:
                available[target] = merged
                pending.append(target)
    for number, temps in available.items():
        live = set(temps)
        for op in graph.blocks[number].ops:
            for temp in read_temps(op):
                if temp not in live:
                    raise InvalidGraph(f"block {number}: {op!r} reads temp {temp}, which has no value there")
                live.discard(temp)
            live.update(written_temps(op))


def _temps_after(block: BasicBlock, before: frozenset[Temp]) -> Iterator[tuple[int, frozenset[Temp]]]:
    live = set(before)
    for op in block.ops:
        live.difference_update(read_temps(op))
        live.update(written_temps(op))
    for edge in block.edges:
        # An exception ends the evaluation of the statement: its temps are gone.
        yield edge.target, frozenset() if edge.kind in EXCEPTIONAL or edge.kind is EdgeKind.SWALLOW else frozenset(live)
