"""A worklist solver over sets of facts. It knows graphs and sets, and no resource.

The lattice is the powerset of a domain's facts, ordered by inclusion; join is union, and the transfer function maps
each fact on its own (it distributes over union). So the solution is the set of facts that reach each block, and for
every one of them the solver remembers where it came from first: along a shortest path.

The powerset is bounded: when more than ``limit`` facts meet at a block, the block's *level* rises by one and the facts
there are coarsened to it. `Domain.coarsen` must be idempotent and must map facts of one level into fewer (or equally
many) facts of the next; the last level maps everything to None (forget it). Levels only rise, so the solver ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

Fact = TypeVar("Fact", bound=Hashable)


class Domain(Protocol[Fact]):
    """What the solver needs to know about facts."""

    limit: int
    """How many facts one block may have before its level rises."""
    levels: int
    """The highest level; from there on `coarsen` must return None."""

    def flow(self, block: int, fact: Fact) -> Iterable[tuple[int, int, Fact]]:
        """(edge number, target block, fact there) for each way that ``fact`` leaves ``block``."""

    def coarsen(self, fact: Fact, level: int) -> Fact | None:
        """The fact with less knowledge; ``level`` 0 returns it as it is."""


@dataclass(slots=True)
class Origin(Generic[Fact]):
    """Where a fact came from first: ``block`` and ``fact`` there, left by edge number ``edge``; None at a seed."""

    block: int
    fact: Fact
    edge: int


@dataclass(slots=True)
class Solution(Generic[Fact]):
    """``reached[block]`` are the facts at the block's entry, in the order of arrival. ``origins`` tells for each of them, and
    for those that were coarsened away later, where it came from. ``levels`` holds the blocks whose level rose,
    ``visits`` counts how many facts were propagated."""

    reached: dict[int, dict[Fact, None]] = field(default_factory=dict)
    origins: dict[tuple[int, Fact], Origin[Fact] | None] = field(default_factory=dict)
    levels: dict[int, int] = field(default_factory=dict)
    visits: int = 0
    is_partial: bool = False


def solve(seeds: Iterable[tuple[int, Fact]], domain: Domain[Fact], *, most_visits: int | None = None) -> Solution[Fact]:
    """The least solution that contains the seeds, breadth first; only a part of it where ``most_visits`` does not suffice."""
    solution: Solution[Fact] = Solution()
    queue: deque[tuple[int, Fact]] = deque()

    def add(block: int, fact: Fact, origin: Origin[Fact] | None) -> None:
        level = solution.levels.get(block, 0)
        coarse = domain.coarsen(fact, level) if level else fact
        facts = solution.reached.setdefault(block, {})
        if coarse is None or coarse in facts:
            return
        facts[coarse] = None
        solution.origins.setdefault((block, coarse), origin)
        queue.append((block, coarse))
        if len(facts) > domain.limit:
            raise_level(block)

    def raise_level(block: int) -> None:
        facts = solution.reached[block]
        while len(facts) > domain.limit and solution.levels.get(block, 0) < domain.levels:
            level = solution.levels[block] = solution.levels.get(block, 0) + 1
            coarser: dict[Fact, None] = {}
            for fact in facts:
                coarse = domain.coarsen(fact, level)
                if coarse is None or coarse in coarser:
                    continue
                coarser[coarse] = None
                if coarse not in facts:
                    solution.origins.setdefault((block, coarse), solution.origins[block, fact])
                    queue.append((block, coarse))
            facts = solution.reached[block] = coarser

    for block, fact in seeds:
        add(block, fact, None)
    while queue:
        if most_visits is not None and solution.visits >= most_visits:
            solution.is_partial = True
            break
        block, fact = queue.popleft()
        if fact not in solution.reached[block]:
            continue
        solution.visits += 1
        for edge, target, result in domain.flow(block, fact):
            add(target, result, Origin(block, fact, edge))
    return solution
