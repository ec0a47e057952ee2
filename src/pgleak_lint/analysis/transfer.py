"""The transfer function: what each op does to a world, and which edges it leaves by.

A block is processed on a working copy of the world, a `Frame`; a test that is stored in a flag splits the frame in two.
Blocks that can't touch a world pass it on as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgleak_lint.analysis import conditions
from pgleak_lint.analysis.call_effects import CallEffects
from pgleak_lint.analysis.context import UnitContext
from pgleak_lint.analysis.events import LeftHeld, Log
from pgleak_lint.analysis.frame import Frame, Target
from pgleak_lint.analysis.op_effects import OpEffects
from pgleak_lint.analysis.state import Instance, Key, Status, World, without_temps
from pgleak_lint.analysis.types import Place
from pgleak_lint.analysis.values import (
    STRANGERS,
    Asked,
    Closure,
    Condition,
    Deferred,
    Derived,
    Display,
    Falsy,
    Known,
    Managed,
    Path,
    PendingRef,
    Ref,
    Stack,
    Suppressor,
    Thing,
    UseTask,
    Value,
    Wrapped,
    carries,
    refers,
)
from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EXCEPTIONAL, BasicBlock, Edge, EdgeKind, ExitKind, UnitKind
from pgleak_lint.cfg.raising import Match, catches


class Transfer:
    """The domain of one exploration: one unit, one target (or none, to learn what is known at the acquire sites)."""

    levels = 3

    def __init__(self, context: UnitContext, target: Target | None, log: Log, effects: CallEffects, limit: int) -> None:
        self.context = context
        self.target = target
        self.log = log
        self.limit = limit
        self._effects = effects
        self._passed: dict[tuple[World, frozenset[str]], World | None] = {}
        self._live: dict[frozenset[str], dict[str, bool]] = {}
        self._roots: dict[frozenset[tuple[Key, Value]], tuple[frozenset[str], bool, bool]] = {}
        self._ops = OpEffects(context, target, log, effects)

    # -- the solver's questions --------------------------------------------------------------------

    def flow(self, block: int, fact: World) -> Iterable[tuple[int, int, World]]:
        kind = self.context.exits.get(block)
        if kind is not None:
            self._arrive(kind, block, fact)
            return
        signature = self.context.signatures[block]
        if self._is_untouched(block, fact):
            for number, edge in signature.edges:
                world = self._pass_on(fact, edge.target)
                if world is not None:
                    yield number, edge.target, world
            return
        yield from self._process(self.context.graph.blocks[block], fact)

    def coarsen(self, fact: World, level: int) -> World | None:
        if level == 0:
            return fact
        if level >= self.levels:
            return None
        keep = (lambda value: carries(value) or isinstance(value, Known)) if level == 1 else carries
        facts = frozenset(
            (key, value) for key, value in fact.facts if keep(value) or isinstance(value, Stack | Closure)
        )
        return World(fact.instance, facts, blurred=True)

    def _pass_on(self, fact: World, target: int) -> World | None:
        """An untouched world at the entry of ``target``; it depends on what is live there only."""
        key = (fact, self.context.liveness.live_names[target])
        if key not in self._passed:
            self._passed[key] = self._settle(fact.instance, fact.environment(), target, blurred=fact.blurred)
        return self._passed[key]

    # -- blocks ------------------------------------------------------------------------------------

    def _is_untouched(self, block: int, world: World) -> bool:
        signature = self.context.signatures[block]
        if signature.active:
            return False
        known = self._roots.get(world.facts)
        if known is None:
            keys = [key for key, _ in world.facts]
            roots = frozenset(key.partition(".")[0] for key in keys if isinstance(key, str))
            known = (
                roots,
                any(isinstance(k, int) for k in keys),
                any(isinstance(k, str) and k[0] == "?" for k in keys),
            )
            self._roots[world.facts] = known
        roots, has_temps, has_facts = known
        return not has_temps and not (has_facts and signature.stores) and roots.isdisjoint(signature.names)

    def _process(self, block: BasicBlock, world: World) -> Iterator[tuple[int, int, World]]:
        frames = [Frame(world)]
        for op in block.ops:
            grown: list[Frame] = []
            for frame in frames:
                if not frame.fails:
                    frame.begin()
                    self._ops.apply(op, frame, block.id, world)
                grown.append(frame)
                grown.extend(frame.take_splits())
            frames = [frame for frame in grown if not frame.is_over]
        last = block.ops[-1] if block.ops else None
        edges = self._edges(block)
        raising = [(i, edge) for i, edge in enumerate(block.edges) if edge.kind is EdgeKind.EXCEPTION]
        for frame in frames:
            if frame.fails and raising:
                yield from self._fail(frame, raising)
            else:
                yield from self._leave(frame, last, edges)

    def _fail(self, frame: Frame, edges: list[tuple[int, Edge]]) -> Iterator[tuple[int, int, World]]:
        """Leave by what reading a variable without a value raises, which is no op of its own."""
        env = without_temps(frame.env)
        for number, edge in edges:
            world = self._settle(frame.instance, env, edge.target, blurred=frame.blurred)
            if world is not None:
                yield number, edge.target, world

    def _edges(self, block: BasicBlock) -> list[tuple[int, Edge]]:
        taken = list(self.context.signatures[block.id].edges)
        taken += [(i, edge) for i, edge in enumerate(block.edges) if edge.kind is EdgeKind.SWALLOW]
        return taken

    def _leave(
        self, frame: Frame, last: ops.Op | None, edges: list[tuple[int, Edge]]
    ) -> Iterator[tuple[int, int, World]]:
        test: Value | None = None
        if isinstance(last, ops.Branch):
            test = frame.env.pop(last.test, None)
            ways = {outcome: self._ops.solid(env) for outcome, env in conditions.outcomes(test, frame.env)}
        elif isinstance(last, ops.Next):
            ways = self._ops.outcomes_of_next(frame, last)
        else:
            ways = None
        exceptional_exit = isinstance(last, ops.Exit) and last.exceptional
        swallows = self._suppression(frame, edges) if exceptional_exit else Match.NO
        pending = exceptional_exit
        for number, edge in edges:
            instance, env = frame.instance, frame.env
            if edge.kind in EXCEPTIONAL:
                # The first exceptional edge of an exceptional exit is the exception that was on its way already.
                arrives, pending = pending, False
                if arrives and swallows is Match.YES:
                    continue
                if not arrives and frame.silent and edge.kind is not EdgeKind.SYSTEM_EXIT:
                    continue
                if not arrives and frame.steady and edge.kind is EdgeKind.CANCELLATION:
                    continue
                instance, env = frame.failed(edge.kind)
            elif edge.kind is EdgeKind.SWALLOW:
                if swallows is Match.NO:
                    continue
                instance, env = frame.failed(EdgeKind.EXCEPTION)
            elif ways is not None:
                found = ways.get(edge.kind is EdgeKind.TRUE)
                if found is None:
                    continue
                env = found
                if isinstance(test, Asked):
                    instance = _believed(instance, closed=test.closed is (edge.kind is EdgeKind.TRUE))
            world = self._settle(instance, env, edge.target, blurred=frame.blurred)
            if world is not None:
                yield number, edge.target, world

    def _suppression(self, frame: Frame, edges: list[tuple[int, Edge]]) -> Match:
        """Whether the context manager that is left by an exception swallows it. Unknown managers do not."""
        manager = frame.manager
        if not isinstance(manager, Suppressor):
            return Match.NO
        pending = [edge for _, edge in edges if edge.kind in EXCEPTIONAL]
        return catches(manager.types, pending[0].kind, pending[0].raised) if pending else Match.NO

    def _settle(self, instance: Instance | None, env: dict[Key, Value], target: int, *, blurred: bool) -> World | None:
        """The world at the entry of ``target``, without what nobody asks about any more; None if nothing can come of it."""
        if instance is not None and instance.status is Status.GONE:
            return None
        facts = self._facts_at(target, env, released=instance is not None and instance.status is Status.RELEASED)
        if instance is not None:
            if instance.status is not Status.LOST and not any(carries(value) for value in facts.values()):
                if instance.status is not Status.HELD:
                    return None
                instance = instance.lost()
        elif self.target is not None and self.target.site is not None and instance is None:
            return None
        return World(instance, frozenset(facts.items()), blurred)

    def _facts_at(self, target: int, env: dict[Key, Value], *, released: bool) -> dict[Key, Value]:
        """What is known of values that somebody may ask about at the entry of ``target``."""
        # most steps of an exploration come here: types are told apart before values
        kinds = set(map(type, env.values()))
        live = self.context.liveness.live_names[target]
        if Path in kinds or Condition in kinds:
            asked = {value.text for value in env.values() if isinstance(value, Path)}
            asked |= {value.path for value in env.values() if isinstance(value, Condition)}
            live = live | {path.partition(".")[0] for path in asked}
        answers = self._live.setdefault(live, {})
        dropped = _TOLD_BY_TESTS if Managed in kinds else frozenset()
        facts: dict[Key, Value] = {}
        for key, value in env.items():
            kind = type(value)
            is_stranger = released or kind in STRANGERS or not carries(value)
            if isinstance(key, str) and kind is not Deferred and is_stranger:
                is_live = answers.get(key)
                if is_live is None:
                    is_live = answers[key] = self.context.liveness.is_live(key, live)
                if not is_live or kind in dropped:
                    continue
            facts[key] = value
        return facts

    def _arrive(self, kind: ExitKind, block: int, world: World) -> None:
        instance = world.instance
        if kind in (ExitKind.EXCEPTION, ExitKind.CANCELLATION):
            self.log.raised = True
        if instance is None or world.blurred:
            return
        if kind is ExitKind.RETURN and instance.kept and instance.status is Status.HELD:
            self.log.moved = True
            return
        if kind is ExitKind.RETURN:
            value = world.environment().get("$return")
            if isinstance(value, PendingRef) and instance.status is Status.PENDING:
                self.log.returned_pending = True
                return
            if isinstance(value, UseTask) and instance.status is Status.RELEASED:
                self._effects.reuse(value.span, block, world)
            stacked = isinstance(value, Stack) and self._effects.deferred.runs_release(world.environment(), value)
            if (stacked or self._is_handed_over(value)) and instance.status in (Status.HELD, Status.LOST):
                if isinstance(value, Ref):
                    self.log.returned = True
                else:
                    self.log.moved = True
                    self.log.returned_in = value.keeper if isinstance(value, Wrapped) else self.log.returned_in
                    self.log.returned_at = _place_in(value) or self.log.returned_at
                return
        if kind is not ExitKind.PROCESS_END and instance.status in (Status.HELD, Status.LOST):
            if self.context.unit.kind is not UnitKind.MODULE and self.context.unit.kind is not UnitKind.CLASS:
                self.log.add(LeftHeld(kind, block, world))

    def _is_handed_over(self, value: Value | None) -> bool:
        if isinstance(value, Closure):
            return self.context.captures(value.unit)
        if isinstance(value, Derived) and value.kind == "result":
            return self._effects.keeps_results
        return refers(value)


def _place_in(value: Value | None) -> Place | None:
    """Where a tuple has the resource, and nothing else that leads to it but what came from it."""
    if not isinstance(value, Display) or value.kind not in ("tuple", "list"):
        return None
    places = [position for position, item in enumerate(value.items) if isinstance(item, Ref)]
    return Place(places[0], len(value.items)) if len(places) == 1 else None


_TOLD_BY_TESTS = frozenset({Known, Thing, Falsy})
"""Values that a test may have told of a variable."""


def _believed(instance: Instance | None, *, closed: bool) -> Instance | None:
    """The instance after it was asked whether it is closed: gone where nothing more can come of this world."""
    if instance is None:
        return None
    if closed:
        return instance.gone() if instance.status in (Status.HELD, Status.LOST) else instance
    return instance.gone() if instance.status is Status.RELEASED and instance.settled else instance
