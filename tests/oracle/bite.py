"""``python -m tests.oracle.bite``: breaks the analysis on purpose, and shows that the oracle notices.

Most mutants rewrite the control-flow graph on its way into the analysis, so that they need no name inside it:
the graph is public, the analysis is not. The others replace a function of the analysis; a name that is gone
is an error, not a pass. A mutant is caught by a program on which the unbroken analysis agrees with the
executions and the broken one does not.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pgleak_lint.cfg.graph import BasicBlock, CodeUnit, ControlFlowGraph, Edge, EdgeKind, ExitKind
from pgleak_lint.cfg.ops import Branch, Call, Compute, Const, Drop, Load, Next, Op, SetAttr, Store, Unknown, Yield
from pgleak_lint.pipeline.project import forget_projects
from tests.oracle.compare import Status, compare
from tests.oracle.programs import Program, seeded

Rewrite = Callable[[ControlFlowGraph], ControlFlowGraph]


@dataclass(frozen=True)
class Mutant:
    """One way to be wrong. Either ``rewrite`` changes the graphs, or ``module`` and ``path`` name what
    ``make`` replaces, given the original."""

    name: str
    rewrite: Rewrite | None = None
    module: str = ""
    path: str = ""
    make: Callable[[Any], Any] | None = None
    mode: str = "sync"


def _map_ops(graph: ControlFlowGraph, change: Callable[[Op], Op]) -> ControlFlowGraph:
    blocks = tuple(replace(block, ops=tuple(change(op) for op in block.ops)) for block in graph.blocks)
    return replace(graph, blocks=blocks)


def _map_edges(graph: ControlFlowGraph, change: Callable[[BasicBlock, Edge], Edge | None]) -> ControlFlowGraph:
    blocks = []
    for block in graph.blocks:
        edges = tuple(new for new in (change(block, edge) for edge in block.edges) if new is not None)
        blocks.append(replace(block, edges=edges))
    return replace(graph, blocks=tuple(blocks))


def _without_edges(kind: EdgeKind) -> Rewrite:
    return lambda graph: _map_edges(graph, lambda block, edge: None if edge.kind is kind else edge)


def calls_do_not_raise(graph: ControlFlowGraph) -> ControlFlowGraph:
    def change(block: BasicBlock, edge: Edge) -> Edge | None:
        raising = bool(block.ops) and isinstance(block.ops[-1], Call) and edge.kind is EdgeKind.EXCEPTION
        return None if raising else edge

    return _map_edges(graph, change)


def nothing_is_thrown_in(graph: ControlFlowGraph) -> ControlFlowGraph:
    def change(block: BasicBlock, edge: Edge) -> Edge | None:
        thrown = bool(block.ops) and isinstance(block.ops[-1], Yield) and edge.kind is EdgeKind.EXCEPTION
        return None if thrown else edge

    return _map_edges(graph, change)


def none_tests_teach_nothing(graph: ControlFlowGraph) -> ControlFlowGraph:
    def change(op: Op) -> Op:
        return Unknown(op.dst, op.span) if isinstance(op, Compute) and op.operator in ("is", "is-not") else op

    return _map_ops(graph, change)


def exceptions_skip_handlers_and_finally(graph: ControlFlowGraph) -> ControlFlowGraph:
    out = dict(graph.exits)[ExitKind.EXCEPTION]

    def change(block: BasicBlock, edge: Edge) -> Edge:
        return replace(edge, target=out) if edge.kind is EdgeKind.EXCEPTION and block.ops else edge

    return _map_edges(graph, change)


def first_handler_takes_all(graph: ControlFlowGraph) -> ControlFlowGraph:
    def change(block: BasicBlock, edge: Edge) -> Edge | None:
        return edge if block.ops or edge is block.edges[0] else None

    return _map_edges(graph, change)


def assignment_makes_no_alias(graph: ControlFlowGraph) -> ControlFlowGraph:
    stored = {op.src for block in graph.blocks for op in block.ops if isinstance(op, Store) and op.name[0] != "$"}

    def change(op: Op) -> Op:
        return Unknown(op.dst, op.span) if isinstance(op, Load) and op.dst in stored else op

    return _map_ops(graph, change)


def return_transfers_nothing(graph: ControlFlowGraph) -> ControlFlowGraph:
    def change(op: Op) -> Op:
        return Drop(op.src, op.span) if isinstance(op, Store) and op.name == "$return" else op

    return _map_ops(graph, change)


def attributes_take_nothing(graph: ControlFlowGraph) -> ControlFlowGraph:
    def change(op: Op) -> Op:
        return Drop(op.src, op.span) if isinstance(op, SetAttr) else op

    return _map_ops(graph, change)


def flags_are_unknown(graph: ControlFlowGraph) -> ControlFlowGraph:
    def change(op: Op) -> Op:
        return Unknown(op.dst, op.span) if isinstance(op, Const) and isinstance(op.value, bool) else op

    return _map_ops(graph, change)


def loops_turn_once(graph: ControlFlowGraph) -> ControlFlowGraph:
    """Edges back to a loop's head go to where its test fails instead."""
    back: set[tuple[int, int]] = set()
    state: dict[int, int] = {graph.entry: 1}
    stack = [(graph.entry, iter(graph.blocks[graph.entry].edges))]
    while stack:
        number, edges = stack[-1]
        edge = next(edges, None)
        if edge is None:
            state[number] = 2
            stack.pop()
        elif state.get(edge.target) == 1:
            back.add((number, edge.target))
        elif edge.target not in state:
            state[edge.target] = 1
            stack.append((edge.target, iter(graph.blocks[edge.target].edges)))

    def change(block: BasicBlock, edge: Edge) -> Edge | None:
        if (block.id, edge.target) not in back:
            return edge
        head = graph.blocks[edge.target]
        if head.ops and isinstance(head.ops[-1], (Branch, Next)):
            target = next(one.target for one in head.edges if one.kind is EdgeKind.FALSE)
            return replace(edge, target=target)
        return None

    return _map_edges(graph, change)


def tests_are_ignored(graph: ControlFlowGraph) -> ControlFlowGraph:
    tests = {op.test for block in graph.blocks for op in block.ops if isinstance(op, Branch)}

    def change(op: Op) -> Op:
        return Unknown(op.dst, op.span) if isinstance(op, Load) and op.dst in tests else op

    return _map_ops(graph, change)


GRAPH_MUTANTS: tuple[Mutant, ...] = (
    Mutant("the exceptional edges of calls are dropped", calls_do_not_raise),
    Mutant("tests for None teach nothing", none_tests_teach_nothing),
    Mutant("truth tests of variables teach nothing", tests_are_ignored),
    Mutant("exceptions skip handlers and finally", exceptions_skip_handlers_and_finally),
    Mutant("the first handler takes every exception", first_handler_takes_all),
    Mutant("an assignment makes no alias", assignment_makes_no_alias),
    Mutant("return transfers nothing", return_transfers_nothing),
    Mutant("an attribute takes no ownership", attributes_take_nothing),
    Mutant("constant flags are unknown", flags_are_unknown),
    Mutant("loops turn once", loops_turn_once),
    Mutant("suppressed exceptions are not", _without_edges(EdgeKind.SWALLOW)),
    Mutant("nothing is cancelled", _without_edges(EdgeKind.CANCELLATION), mode="async"),
    Mutant("generators are never closed early", _without_edges(EdgeKind.GENERATOR_CLOSE), mode="generator"),
    Mutant("nothing is thrown into a context manager function", nothing_is_thrown_in, mode="manager"),
    Mutant(
        "the block of an asynchronous context manager is not cancelled",
        _without_edges(EdgeKind.GENERATOR_CLOSE),
        mode="async-manager",
    ),
)


def _effects(name: str, path: str, make: Callable[[Any], Any]) -> Mutant:
    return Mutant(name, module="pgleak_lint.analysis.call_effects", path=f"CallEffects.{path}", make=make)


def _without_error_instance(original: Any) -> Any:
    def failed(self: Any, kind: EdgeKind) -> Any:
        self.error_instance = None
        return original(self, kind)

    return failed


ANALYSIS_MUTANTS = (
    Mutant(
        "a release has no effect when it raises",
        module="pgleak_lint.analysis.frame",
        path="Frame.failed",
        make=_without_error_instance,
    ),
    Mutant(
        "a test does not decide a later one",
        module="pgleak_lint.analysis.conditions",
        path="decide",
        make=lambda original: lambda condition, environment: None,
    ),
    _effects("a transfer transfers nothing", "hand_over", lambda original: lambda self, frame: None),
    _effects("a release releases nothing", "release", lambda original: lambda self, frame, **rest: None),
    Mutant(
        "calls of nested functions do nothing",
        module="pgleak_lint.analysis.seen_calls",
        path="SeenCalls.call",
        make=lambda original: lambda *args, **rest: True,
    ),
    Mutant(
        "nested functions assign nothing",
        module="pgleak_lint.analysis.seen_calls",
        path="SeenCalls.reassign",
        make=lambda original: lambda *args, **rest: None,
    ),
    Mutant(
        "what is learned of one name is not known of another",
        module="pgleak_lint.analysis.op_effects",
        path="OpEffects._is_alias",
        make=lambda original: lambda *args: False,
    ),
    Mutant(
        "the resource may be what was given",
        module="pgleak_lint.analysis.op_effects",
        path="OpEffects._are_two_objects",
        make=lambda original: lambda *args: False,
    ),
)


@contextlib.contextmanager
def _graphs_rewritten(rewrite: Rewrite) -> Iterator[None]:
    """Every code unit made meanwhile gets a rewritten graph."""
    original = CodeUnit.__init__

    def init(self: CodeUnit, *args: Any, **keywords: Any) -> None:
        original(self, *args, **keywords)
        if self.graph is not None:
            object.__setattr__(self, "graph", _pruned(rewrite(self.graph)))

    CodeUnit.__init__ = init  # type: ignore[method-assign]
    try:
        yield
    finally:
        CodeUnit.__init__ = original  # type: ignore[method-assign]


def _pruned(graph: ControlFlowGraph) -> ControlFlowGraph:
    """Without the blocks that no edge leads to any more, as the graph's contract demands."""
    reached = {graph.entry}
    pending = [graph.entry]
    while pending:
        for edge in graph.blocks[pending.pop()].edges:
            if edge.target not in reached:
                reached.add(edge.target)
                pending.append(edge.target)
    kept = sorted(reached | {number for _, number in graph.exits})
    numbers = {old: new for new, old in enumerate(kept)}
    blocks = []
    for old in kept:
        block = graph.blocks[old]
        edges = tuple(replace(edge, target=numbers[edge.target]) for edge in block.edges) if old in reached else ()
        blocks.append(BasicBlock(numbers[old], block.ops, edges))
    exits = tuple((kind, numbers[number]) for kind, number in graph.exits)
    return ControlFlowGraph(tuple(blocks), numbers[graph.entry], exits)


@contextlib.contextmanager
def broken(mutant: Mutant) -> Iterator[None]:
    """The analysis with ``mutant`` in it. Modules that were read are forgotten: their graphs are made by now."""
    forget_projects()
    try:
        with _changed(mutant):
            yield
    finally:
        forget_projects()


@contextlib.contextmanager
def _changed(mutant: Mutant) -> Iterator[None]:
    if mutant.rewrite is not None:
        with _graphs_rewritten(mutant.rewrite):
            yield
        return
    assert mutant.make is not None
    owner: Any = importlib.import_module(mutant.module)
    *parents, name = mutant.path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = owner.__dict__[name]
    setattr(owner, name, mutant.make(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


class Baseline:
    """The programs on which the unbroken analysis agrees, found as they are needed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.known: dict[tuple[str, int], Program | None] = {}

    def program(self, mode: str, index: int) -> Program | None:
        key = mode, index
        if key not in self.known:
            program = seeded(self.seed, index, mode)
            self.known[key] = program if compare(program).status is Status.AGREED else None
        return self.known[key]


def caught(mutant: Mutant, baseline: Baseline, programs: int) -> tuple[int, str] | None:
    """The number of programs it took to catch ``mutant``, and how; None when it survives them all."""
    for index in range(programs):
        program = baseline.program(mutant.mode, index)
        if program is None:
            continue
        with broken(mutant):
            result = compare(program)
        if result.status is Status.DISAGREED:
            difference = result.differences[0]
            return index + 1, f"{difference.direction.value} {difference.subject}".strip()
    return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.bite", description=__doc__)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    baseline = Baseline(options.seed)
    survivors = 0
    mutants = GRAPH_MUTANTS + ANALYSIS_MUTANTS
    for mutant in mutants:
        result = caught(mutant, baseline, options.programs)
        if result is None:
            survivors += 1
            print(f"SURVIVED  {mutant.name} ({options.programs} programs)")
        else:
            print(f"caught    {mutant.name}: program {result[0]}, {result[1]}")
    print(f"{len(mutants)} mutants, {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
