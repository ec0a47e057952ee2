"""The solver on graphs of plain numbers: it reaches a fixed point, obeys the lattice laws, and ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from pgleak_lint.analysis.solver import Solution, solve

Graph = dict[int, list[tuple[int, frozenset[int]]]]
"""block → (target, bits added on the way)"""


@dataclass
class Bits:
    """Facts are sets of small numbers; an edge adds some. Level 1 forgets the odd ones, level 2 all, level 3 the fact."""

    graph: Graph
    limit: int = 1_000
    levels: int = 3

    def flow(self, block: int, fact: frozenset[int]) -> Iterable[tuple[int, int, frozenset[int]]]:
        for number, (target, added) in enumerate(self.graph.get(block, [])):
            yield number, target, fact | added

    def coarsen(self, fact: frozenset[int], level: int) -> frozenset[int] | None:
        if level >= self.levels:
            return None
        return (fact, frozenset(n for n in fact if n % 2 == 0), frozenset[int]())[level]


bits = st.frozensets(st.integers(0, 5), max_size=2)
graphs = st.dictionaries(st.integers(0, 6), st.lists(st.tuples(st.integers(0, 6), bits), max_size=3), max_size=7)
seeds = st.lists(st.tuples(st.integers(0, 6), bits), max_size=3)


def reached(solution: Solution[frozenset[int]]) -> dict[int, set[frozenset[int]]]:
    return {block: set(facts) for block, facts in solution.reached.items()}


@given(graphs, seeds)
def test_the_solution_is_a_fixed_point(graph: Graph, start: list[tuple[int, frozenset[int]]]) -> None:
    domain = Bits(graph)
    found = reached(solve(start, domain))
    for block, fact in start:
        assert fact in found[block]
    for block, facts in found.items():
        for fact in facts:
            for _, target, result in domain.flow(block, fact):
                assert result in found[target]


@given(graphs, seeds)
def test_it_is_the_least_one(graph: Graph, start: list[tuple[int, frozenset[int]]]) -> None:
    """Every fact has an origin that leads back to a seed, along edges of the graph."""
    domain = Bits(graph)
    solution = solve(start, domain)
    for block, facts in solution.reached.items():
        for fact in facts:
            here, steps = (block, fact), 0
            while (origin := solution.origins[here]) is not None:
                results = {(target, result) for _, target, result in domain.flow(origin.block, origin.fact)}
                assert here in results
                here, steps = (origin.block, origin.fact), steps + 1
                assert steps < 10_000
            assert here in start


@given(graphs, seeds, st.randoms(use_true_random=False))
def test_join_is_commutative_and_idempotent(
    graph: Graph, start: list[tuple[int, frozenset[int]]], random: object
) -> None:
    shuffled = start + start
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert reached(solve(start, Bits(graph))) == reached(solve(shuffled, Bits(graph)))


@given(graphs, seeds, seeds)
def test_join_is_associative_and_transfer_distributes(
    graph: Graph, one: list[tuple[int, frozenset[int]]], two: list[tuple[int, frozenset[int]]]
) -> None:
    both = reached(solve(one + two, Bits(graph)))
    left, right = reached(solve(one, Bits(graph))), reached(solve(two, Bits(graph)))
    assert both == {b: left.get(b, set()) | right.get(b, set()) for b in left.keys() | right.keys()}


@given(graphs, seeds)
def test_more_seeds_never_mean_less(graph: Graph, start: list[tuple[int, frozenset[int]]]) -> None:
    smaller, larger = reached(solve(start[1:], Bits(graph))), reached(solve(start, Bits(graph)))
    assert all(facts <= larger[block] for block, facts in smaller.items())


@settings(max_examples=200)
@given(graphs, seeds, st.integers(1, 4))
def test_the_bound_holds_and_is_counted(graph: Graph, start: list[tuple[int, frozenset[int]]], limit: int) -> None:
    free = reached(solve(start, Bits(graph)))
    solution = solve(start, Bits(graph, limit=limit))
    for block, facts in solution.reached.items():
        assert len(facts) <= limit
        level = solution.levels.get(block, 0)
        assert all(Bits(graph).coarsen(fact, level) == fact for fact in facts)
    if any(len(facts) > limit for facts in free.values()):
        assert solution.levels


def test_a_path_is_the_shortest() -> None:
    graph: Graph = {0: [(1, frozenset()), (2, frozenset())], 1: [(2, frozenset())], 2: [(3, frozenset())]}
    solution = solve([(0, frozenset())], Bits(graph))
    origin = solution.origins[2, frozenset()]
    assert origin is not None and origin.block == 0
