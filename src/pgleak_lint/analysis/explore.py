"""Following the paths of one unit: first what is known at each acquire site, then every site on its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from pgleak_lint._record import record
from pgleak_lint.analysis.call_effects import CallEffects
from pgleak_lint.analysis.calls import Acquired, ResolvedCalls
from pgleak_lint.analysis.context import UnitContext
from pgleak_lint.analysis.doubles import Doubles
from pgleak_lint.analysis.events import Log
from pgleak_lint.analysis.frame import Target
from pgleak_lint.analysis.leads import Leads
from pgleak_lint.analysis.names import ModuleIndex, UnitIndex
from pgleak_lint.analysis.nested import Called, Knowledge, agreed
from pgleak_lint.analysis.options import AnalysisOptions
from pgleak_lint.analysis.owners import Owners
from pgleak_lint.analysis.pools import Pools, held_pool
from pgleak_lint.analysis.provenance import Provenance
from pgleak_lint.analysis.solver import Solution, solve
from pgleak_lint.analysis.state import Instance, Status, World
from pgleak_lint.analysis.summaries import Summaries
from pgleak_lint.analysis.transfer import Transfer
from pgleak_lint.analysis.values import Ref, Unbound
from pgleak_lint.cfg.graph import ExitKind
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.models.schema import ResourceModel
from pgleak_lint.project.store import ModuleSource
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.program import Program

VISITS, VISITS_PER_BLOCK = 3_000, 15
"""The work that one exploration may cost. The dearest of 9,988 real files takes a third of it."""
UNIT_VISITS, UNIT_VISITS_PER_BLOCK = 7_000, 16
"""The work that all explorations of one unit may cost."""


@record
class Exploration:
    """All that is known about one target in one unit: its events, and how each world was reached."""

    context: UnitContext
    target: Target | None
    log: Log
    solution: Solution[World]
    transfer: Transfer

    @property
    def is_bounded(self) -> bool:
        """Whether knowledge was given up somewhere."""
        return bool(self.solution.levels) or self.solution.is_partial


class UnitExplorer:
    """The explorations of one unit; the way to the acquire sites is followed only once."""

    def __init__(self, context: UnitContext, explorer: Explorer, limit: int) -> None:
        self.context = context
        self._explorer = explorer
        self._summaries = explorer.summaries
        self._limit = limit
        self._sites: dict[Span, Exploration] = {}
        self._visits = 0

    @cached_property
    def approach(self) -> Exploration:
        """What is known at each block before anything is acquired."""
        asked = self.context.tested.names_in_locals | self.context.tested.unset_at_their_release
        start = {name: Unbound() for name in asked if name in self._unbound_at_start}
        # What an exception leaves behind is of no use where nobody catches it; whether a callee raises is dear to find out.
        log = Log(unasked=set() if self.context.catches_nothing else None)
        return self._run(None, [(self.context.graph.entry, World(None, frozenset(start.items())))], log)

    @property
    def _unbound_at_start(self) -> frozenset[str]:
        parameters = {parameter.name for parameter in self.context.unit.parameters}
        return self.context.unit.bound - parameters

    def site(self, span: Span, acquired: Acquired) -> Exploration:
        """Every path of the resource that is acquired at ``span``."""
        if span not in self._sites:
            reached = self.approach.solution.reached
            seeds = [
                (block, world)
                for block in self.context.acquire_blocks.get(span, ())
                for world in reached.get(block, ())
            ]
            call = self.context.calls.acquire_at[span]
            pool = held_pool(self._explorer, self.context.index, call) if not acquired.inside else None
            self._sites[span] = self._run(Target(acquired.resource, span, acquired, acquired.ends, pool), seeds)
        return self._sites[span]

    def parameters(self, names: Iterable[str], resource: ResourceModel, knowledge: Knowledge) -> Exploration:
        """Every path of a resource that all those variables hold when the unit begins."""
        held = World(Instance(Status.HELD, named=True), knowledge | {(name, Ref()) for name in names})
        return self._run(Target(resource, None, None), [(self.context.graph.entry, held)])

    def called(self, knowledge: Knowledge) -> Called:
        """What a call of a nested function comes to, given what its variables of the function around are when it begins."""
        exploration = self._run(None, [(self.context.graph.entry, World(None, knowledge))])
        left: list[World] = []
        failed: list[World] = []
        for kind, end in self.context.graph.exits:
            worlds = exploration.solution.reached.get(end, ())
            (left if kind is ExitKind.RETURN else failed).extend(worlds)
        names = self.context.unit.nonlocal_names if not exploration.solution.is_partial else frozenset()
        may_raise = exploration.log.raised or exploration.solution.is_partial
        return Called(may_raise, agreed(left, names), agreed(failed, names))

    def _run(self, target: Target | None, seeds: list[tuple[int, World]], log: Log | None = None) -> Exploration:
        log = Log() if log is None else log
        effects = CallEffects(self.context, target, log, self._summaries)
        transfer = Transfer(self.context, target, log, effects, self._limit)
        blocks = len(self.context.graph.blocks)
        most = min(VISITS + VISITS_PER_BLOCK * blocks, UNIT_VISITS + UNIT_VISITS_PER_BLOCK * blocks - self._visits)
        solution = solve(seeds, transfer, most_visits=most)
        self._visits += solution.visits
        return Exploration(self.context, target, log, solution, transfer)


class Explorer:
    """The explorers of all units of one module, made on demand."""

    def __init__(
        self,
        source: ModuleSource,
        module: ModuleIndex,
        provenance: Provenance,
        options: AnalysisOptions,
        program: Program,
    ) -> None:
        self._source = source
        self.module = module
        self.provenance = provenance
        self.program = program
        self._options = options
        self._units: dict[tuple[int, bool], UnitExplorer | None] = {}
        self._calls: dict[int, ResolvedCalls] = {}
        self.pools = Pools(self)
        self.summaries = Summaries(self)
        self.owners = Owners(self)
        self.doubles = Doubles(self)

    def at(self, home: str) -> Explorer | None:
        """The explorer of a module of the project, this one or another."""
        if home == self.provenance.home:
            return self
        module = self.program.module(home)
        return module.explorer if module is not None else None

    def attribute(self, number: int, attr: str, resource: ResourceModel) -> Log | None:
        """What a method does to a resource that its object keeps in ``attr``; None where it can't be told."""
        explorer = self.unit(number, follows_own=True)
        own = explorer.context.own_object if explorer is not None else None
        if explorer is None or own is None:
            return None
        return explorer.parameters([f"{own}.{attr}"], resource, frozenset()).log

    def leave(self) -> None:
        """Forget everything, for good."""
        for part in (
            *self._units.values(),
            *self._calls.values(),
            self.pools,
            self.summaries,
            self.owners,
            self.doubles,
            self,
        ):
            if part is not None:
                vars(part).clear()

    def forget(self) -> None:
        """Drop what was worked out while something was not known yet."""
        self._units.clear()
        self._calls.clear()
        self.pools.forget()
        self.owners.forget()
        self.summaries.forget()

    @cached_property
    def leads(self) -> Leads:
        """The names of this module that lead to acquires."""
        return self.program.leads(self._source)

    def has_sites(self, number: int) -> bool:
        """Whether something is acquired in that unit."""
        trusted = self._options.trusts_names
        return (not trusted or self.leads.may_acquire(number)) and bool(self.calls(number).sites)

    def calls(self, number: int) -> ResolvedCalls:
        """The calls of a unit, resolved without its graph where the unit is outlined."""
        if number not in self._calls:
            self._calls[number] = self._resolved(self.module.indexes[number])
        return self._calls[number]

    def _resolved(self, index: UnitIndex) -> ResolvedCalls:
        number = index.unit.index

        def may_acquire(temp: Temp) -> bool:
            if temp >= 0 or not self._options.trusts_names:  # only the temps of an outline are negative
                return True
            return self.leads.is_lead(number, temp)

        return ResolvedCalls(
            index, self.provenance, self._options, self.summaries, self.owners, may_acquire, self.doubles
        )

    def unit(self, number: int, *, follows_own: bool = False) -> UnitExplorer | None:
        """The explorer of a unit, None where it was too large to have a graph. ``follows_own``: it follows what the
        method's own object keeps."""
        key = (number, follows_own)
        if key not in self._units:
            index = self.module.lowered(number)
            graph = index.unit.graph
            if graph is None:
                self._units[key] = None
            else:
                calls = self.calls(number) if index is self.module.indexes[number] else self._resolved(index)
                context = UnitContext(
                    self.module, index, calls, graph, self.provenance.home, self.program, follows_own=follows_own
                )
                self._units[key] = UnitExplorer(context, self, self._options.max_worlds)
        return self._units[key]
