"""The mutants: each changes a graph that has what it breaks, leaves it well-formed, and is taken back."""

from __future__ import annotations

import pytest

from pgleak_lint.cfg.graph import BasicBlock, CodeUnit, ControlFlowGraph, Edge, EdgeKind, ExitKind, UnitKind
from pgleak_lint.cfg.ops import Branch, Call, Compute, Const, Drop, Load, Next, SetAttr, Store, Yield
from pgleak_lint.source.span import NO_SPAN
from tests.oracle.bite import ANALYSIS_MUTANTS, GRAPH_MUTANTS, Mutant, broken
from tests.oracle.programs import HEADERS
from tests.oracle.subject import check

N = NO_SPAN


def everything() -> ControlFlowGraph:
    """A loop with a call, a handler, a test, and the assignments that mutants look for."""
    exception, cancellation, close = 8, 9, 10
    blocks = (
        BasicBlock(0, (Const(1, True, N), Store("owned", 1, N)), (Edge(1, EdgeKind.NORMAL),)),
        BasicBlock(1, (Next(2, "$iter1", False, N),), (Edge(2, EdgeKind.TRUE), Edge(5, EdgeKind.FALSE))),
        BasicBlock(
            2,
            (Load(3, "work", N), Call(4, 3, (), N)),
            (
                Edge(3, EdgeKind.NORMAL),
                Edge(6, EdgeKind.SWALLOW),
                Edge(4, EdgeKind.EXCEPTION),
                Edge(cancellation, EdgeKind.CANCELLATION),
                Edge(close, EdgeKind.GENERATOR_CLOSE),
            ),
        ),
        BasicBlock(
            3,
            (Drop(4, N), Load(5, "a", N), Store("b", 5, N), Const(13, None, N), Yield(14, 13, N)),
            (Edge(1, EdgeKind.NORMAL), Edge(exception, EdgeKind.EXCEPTION)),
        ),
        BasicBlock(4, (), (Edge(6, EdgeKind.EXCEPTION), Edge(exception, EdgeKind.EXCEPTION))),
        BasicBlock(
            5,
            (Load(6, "a", N), Const(7, None, N), Compute(8, "is", (6, 7), N), Branch(8, N)),
            (Edge(6, EdgeKind.TRUE), Edge(7, EdgeKind.FALSE)),
        ),
        BasicBlock(6, (Load(9, "b", N), Branch(9, N)), (Edge(7, EdgeKind.TRUE), Edge(exception, EdgeKind.FALSE))),
        BasicBlock(
            7,
            (
                Load(10, "owner", N),
                Load(11, "a", N),
                SetAttr(10, "x", 11, N),
                Load(12, "b", N),
                Store("$return", 12, N),
            ),
            (Edge(11, EdgeKind.NORMAL),),
        ),
        *(BasicBlock(number, (), ()) for number in range(8, 13)),
    )
    exits = (
        (ExitKind.RETURN, 11),
        (ExitKind.EXCEPTION, exception),
        (ExitKind.CANCELLATION, cancellation),
        (ExitKind.GENERATOR_CLOSE, close),
        (ExitKind.PROCESS_END, 12),
    )
    return ControlFlowGraph(blocks, 0, exits)


def made() -> ControlFlowGraph:
    unit = CodeUnit(0, None, UnitKind.FUNCTION, "target", "target", N, everything())
    assert unit.graph is not None
    return unit.graph


@pytest.mark.parametrize("mutant", GRAPH_MUTANTS, ids=[mutant.name for mutant in GRAPH_MUTANTS])
def test_graph_mutants(mutant: Mutant) -> None:
    with broken(mutant):
        graph = made()
    assert graph != everything()
    assert [block.id for block in graph.blocks] == list(range(len(graph.blocks)))
    exits = {number for _, number in graph.exits}
    assert [kind for kind, _ in graph.exits] == [kind for kind, _ in everything().exits]
    targets = {edge.target for block in graph.blocks for edge in block.edges}
    assert set(range(len(graph.blocks))) - exits <= targets | {graph.entry}
    assert all(not graph.blocks[number].edges for number in exits)
    assert made() == everything()


@pytest.mark.parametrize("mutant", ANALYSIS_MUTANTS, ids=[mutant.name for mutant in ANALYSIS_MUTANTS])
def test_analysis_mutants_name_what_exists(mutant: Mutant) -> None:
    with broken(mutant):
        pass


def test_a_text_that_was_read_before_is_read_again() -> None:
    text = HEADERS["sync"] + "    a = pool.getconn()\n    work(a)\n    pool.putconn(a)\n"
    assert check(text).leaks
    with broken(GRAPH_MUTANTS[0]):
        assert not check(text).leaks
    assert check(text).leaks


def test_a_name_that_is_gone_is_an_error() -> None:
    gone = Mutant("gone", module="tests.oracle.subject", path="no_such_name", make=lambda original: original)
    with pytest.raises(KeyError), broken(gone):
        pass
