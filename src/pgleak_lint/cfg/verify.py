"""The invariants of a control-flow graph, checked.

`verify` states as code what the docstrings of `pgleak_lint.cfg.graph` and `pgleak_lint.cfg.ops` promise. Every test that makes
a graph calls it; the program itself doesn't.
"""

from __future__ import annotations

from collections import deque

from pgleak_lint.cfg.graph import EXCEPTIONAL, BasicBlock, ControlFlowGraph, EdgeKind, ExitKind
from pgleak_lint.cfg.ops import Branch, Call, Copy, Exit, Next, Op, Raise, Temp, read_temps, written_temps
from pgleak_lint.cfg.raising import kinds_of

_RANK = {EdgeKind.NORMAL: 0, EdgeKind.TRUE: 0, EdgeKind.FALSE: 1, EdgeKind.SWALLOW: 2}
_EXCEPTIONAL_RANK = 3


class InvalidGraph(Exception):
    """A graph breaks an invariant. The message names the block and the op."""


def verify(graph: ControlFlowGraph) -> None:
    """Raise `InvalidGraph` unless all invariants hold."""
    if not all(0 <= block < len(graph.blocks) for block in (graph.entry, *(block for _, block in graph.exits))):
        raise InvalidGraph("entry or an exit is a block that does not exist")
    _verify_blocks(graph)
    exits = _verify_exits(graph)
    for block in graph.blocks:
        if block.id not in exits:
            _verify_ops(block)
            _verify_edges(block)
    _verify_reachability(graph, exits)
    _verify_writers(graph)
    _verify_temps(graph)


def _fail(block: BasicBlock, words: str, op: Op | None = None) -> InvalidGraph:
    return InvalidGraph(f"block {block.id}: {words}" + (f": {op}" if op is not None else ""))


def _verify_blocks(graph: ControlFlowGraph) -> None:
    for number, block in enumerate(graph.blocks):
        if block.id != number:
            raise _fail(block, f"stands at index {number}")
        for edge in block.edges:
            if not 0 <= edge.target < len(graph.blocks):
                raise _fail(block, f"has an edge to block {edge.target}, which does not exist")
            if edge.raised is not None and edge.kind is not EdgeKind.EXCEPTION:
                raise _fail(block, f"names the class {edge.raised} on a {edge.kind.value} edge")
    if not 0 <= graph.entry < len(graph.blocks):
        raise InvalidGraph(f"the entry {graph.entry} does not exist")


def _verify_exits(graph: ControlFlowGraph) -> frozenset[int]:
    if sorted(kind.value for kind, _ in graph.exits) != sorted(kind.value for kind in ExitKind):
        raise InvalidGraph("there is not exactly one exit block of each kind")
    exits = frozenset(number for _, number in graph.exits)
    if len(exits) != len(graph.exits):
        raise InvalidGraph("two kinds of exit share a block")
    for number in exits:
        block = graph.blocks[number]
        if block.ops or block.edges:
            raise _fail(block, "is an exit and has ops or edges")
    return exits


def _verify_ops(block: BasicBlock) -> None:
    for op in block.ops[:-1]:
        if kinds_of(op) or isinstance(op, Branch | Next | Exit):
            raise _fail(block, "an op that may raise or branch is not the last", op)


def _verify_edges(block: BasicBlock) -> None:
    ranks = [_RANK.get(edge.kind, _EXCEPTIONAL_RANK) for edge in block.edges]
    if ranks != sorted(ranks):
        raise _fail(block, "the edges are not in order")
    if len(set(block.edges)) != len(block.edges):
        raise _fail(block, "two edges are the same")
    if not block.edges:
        raise _fail(block, "is no exit and has no edges")
    if block.ops:
        _verify_last_op(block, block.ops[-1])
    else:
        _verify_dispatch(block)


def _verify_dispatch(block: BasicBlock) -> None:
    plain = [edge for edge in block.edges if edge.kind not in EXCEPTIONAL]
    if any(edge.kind is not EdgeKind.NORMAL for edge in plain) or len(plain) > 1:
        raise _fail(block, "has no ops and may only go on or choose among handlers")
    if len(block.edges) == 1 and block.edges[0].target != block.id:
        raise _fail(block, "does nothing and leads to one place only")


def _verify_last_op(block: BasicBlock, op: Op) -> None:
    plain = tuple(edge.kind for edge in block.edges if edge.kind not in EXCEPTIONAL)
    raised = {edge.kind for edge in block.edges if edge.kind in EXCEPTIONAL}
    wanted: tuple[EdgeKind, ...] = (EdgeKind.NORMAL,)
    expected = set(kinds_of(op))
    if isinstance(op, Branch | Next):
        wanted = (EdgeKind.TRUE, EdgeKind.FALSE)
    elif isinstance(op, Exit) and op.exceptional:
        wanted = (EdgeKind.SWALLOW,)
        expected = {EdgeKind.CANCELLATION} if op.is_async else set()
        if not raised or len(raised - expected) > 1:
            raise _fail(block, "an exceptional exit needs an edge of the one pending kind", op)
        expected |= raised
    elif isinstance(op, Raise):
        wanted = ()
        if len(raised) != 1:
            raise _fail(block, "a raise needs exactly one kind of edge", op)
        expected = raised
    elif isinstance(op, Call) and not plain and raised == {EdgeKind.SYSTEM_EXIT}:
        return
    if plain != wanted:
        raise _fail(block, f"leaves by {[kind.value for kind in plain]}, not {[kind.value for kind in wanted]}", op)
    if raised != expected:
        names = sorted(kind.value for kind in raised), sorted(kind.value for kind in expected)
        raise _fail(block, f"raises {names[0]}, not {names[1]}", op)


def _verify_reachability(graph: ControlFlowGraph, exits: frozenset[int]) -> None:
    seen, stack = {graph.entry}, [graph.entry]
    while stack:
        for edge in graph.blocks[stack.pop()].edges:
            if edge.target not in seen:
                seen.add(edge.target)
                stack.append(edge.target)
    for block in graph.blocks:
        if block.id not in seen and block.id not in exits:
            raise _fail(block, "can't be reached")


def _verify_writers(graph: ControlFlowGraph) -> None:
    writers: dict[Temp, Op] = {}
    for block in graph.blocks:
        for op in block.ops:
            for temp in written_temps(op):
                if temp in writers and not (isinstance(op, Copy) and isinstance(writers[temp], Copy)):
                    raise _fail(block, f"temp {temp} is written elsewhere too, and not by copies only", op)
                writers[temp] = op


def _verify_temps(graph: ControlFlowGraph) -> None:
    """Every read finds its temp written and not yet read, whichever way control came.

    A forward must-analysis: the state is the set of temps that hold a value for certain; reading takes it away. On
    exceptional edges all of them die.
    """
    states: dict[int, frozenset[Temp]] = {graph.entry: frozenset()}
    queue = deque([graph.entry])
    while queue:
        block = graph.blocks[queue.popleft()]
        held, result = _run(block, states[block.id])
        for edge in block.edges:
            arriving = held
            if edge.kind in EXCEPTIONAL or edge.kind is EdgeKind.SWALLOW:
                arriving = frozenset()
            elif edge.kind is not EdgeKind.FALSE:
                arriving = held | result
            known = states.get(edge.target)
            joined = arriving if known is None else known & arriving
            if joined != known:
                states[edge.target] = joined
                queue.append(edge.target)


def _run(block: BasicBlock, before: frozenset[Temp]) -> tuple[frozenset[Temp], frozenset[Temp]]:
    """The temps that hold a value behind ``block``, and apart from them those that its last op writes."""
    held = set(before)
    written: tuple[Temp, ...] = ()
    for op in block.ops:
        held.update(written)
        for temp in read_temps(op):
            if temp not in held:
                raise _fail(block, f"reads temp {temp}, which holds nothing on some path (or was read before)", op)
            held.remove(temp)
        written = written_temps(op)
    return frozenset(held), frozenset(written)
