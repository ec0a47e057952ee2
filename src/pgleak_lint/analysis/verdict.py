"""From the events of one acquire site to the one fault that is told: the worst path decides."""

from __future__ import annotations

from collections.abc import Iterator

from pgleak_lint.analysis.context import YieldPolicy
from pgleak_lint.analysis.events import LeftHeld, Lost, Nested, Reused
from pgleak_lint.analysis.explore import Exploration
from pgleak_lint.analysis.facts import Fault, Leak, Misuse, MisuseKind, Site
from pgleak_lint.analysis.state import CauseKind, Instance, Status, World
from pgleak_lint.analysis.text import SourceText
from pgleak_lint.analysis.trace import Path, Tracer, path_to
from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EdgeKind, ExitKind, UnitKind
from pgleak_lint.findings.finding import Step, StepKind
from pgleak_lint.source.span import NO_SPAN, Span

_ORDER = (ExitKind.RETURN, ExitKind.EXCEPTION, ExitKind.CANCELLATION, ExitKind.GENERATOR_CLOSE)
_CAUSES = {
    CauseKind.UNAWAITED: Fault.UNAWAITED_RELEASE,
    CauseKind.WITH: Fault.WITH_DOES_NOT_RELEASE,
    CauseKind.WRONG: Fault.WRONG_RELEASE,
}


class Verdict:
    """The verdict on one acquire site."""

    def __init__(self, exploration: Exploration, site: Site, source: SourceText) -> None:
        self._exploration = exploration
        self._site = site
        self._source = source
        variable = site.info.variable
        self._subject = f"`{variable}`" if variable else f"the {site.noun}"
        self._tracer = Tracer(exploration, source, site.span, self._subject)

    def leak(self) -> Leak | None:
        """The leak of this site, None where every path gives it back or hands it over."""
        by_exit: dict[ExitKind, list[LeftHeld | Lost]] = {}
        for event in self._exploration.log.events:
            if isinstance(event, LeftHeld):
                by_exit.setdefault(event.exit, []).append(event)
            elif isinstance(event, Lost) and self._counts(event):
                by_exit.setdefault(ExitKind.RETURN, []).append(event)
        exits = [kind for kind in _ORDER if kind in by_exit]
        if not exits:
            return None
        worst = exits[0]
        fault, event = self._fault(worst, by_exit[worst])
        return self._leak(fault, event, exits, by_exit)

    def misuses(self) -> Iterator[Misuse]:
        """Uses and releases after the release, one for each call."""
        seen: set[tuple[Span, bool]] = set()
        for event in self._exploration.log.events:
            if isinstance(event, Reused) and (event.span, event.again) not in seen:
                seen.add((event.span, event.again))
                yield self._misuse(event)
            elif isinstance(event, Nested) and (event.span, True) not in seen:
                seen.add((event.span, True))
                yield self._nested(event)

    # -- which fault -------------------------------------------------------------------------------

    def _counts(self, event: Lost) -> bool:
        """At module level only a loop that acquires again loses anything before the process ends."""
        if self._exploration.context.unit.kind is UnitKind.CLASS:
            return False
        if self._exploration.context.unit.kind is not UnitKind.MODULE:
            return True
        acquires = [n for n in path_to(self._exploration, event.block, event.world) if self._acquires(n.block.ops)]
        return len(acquires) > 1 or isinstance(event.op, ops.Drop | ops.Call)

    def _acquires(self, block_ops: tuple[ops.Op, ...]) -> bool:
        return any(isinstance(op, ops.Call) and op.span == self._site.span for op in block_ops)

    def _fault(self, worst: ExitKind, events: list[LeftHeld | Lost]) -> tuple[Fault, LeftHeld | Lost]:
        if worst is ExitKind.RETURN:
            return self._normal_fault(events)
        if worst is ExitKind.EXCEPTION:
            guarded = self._unguarded_yield()
            return (Fault.UNGUARDED_YIELD, guarded) if guarded else (Fault.LEAK_ON_EXCEPTION, events[0])
        return Fault.LEAK_ON_CANCELLATION, events[0]

    def _normal_fault(self, events: list[LeftHeld | Lost]) -> tuple[Fault, LeftHeld | Lost]:
        for event in events:
            cause = _instance(event).cause
            if cause is not None:
                return _CAUSES[cause.kind], event
        for event in events:
            if isinstance(event, Lost) and isinstance(event.op, ops.Store) and _instance(event).named:
                return Fault.REBOUND_WHILE_HELD, event
        for event in events:
            if not _instance(event).named and _is_unreachable(event):
                return Fault.DISCARDED_ACQUIRE, event
        log = self._exploration.log
        if log.released or log.moved or log.returned:
            return Fault.LEAK_ON_PATH, events[0]
        return Fault.NEVER_RELEASED, events[0]

    def _unguarded_yield(self) -> LeftHeld | None:
        """A ``yield`` of a context manager function from which a thrown-in exception leaves with the resource held."""
        context = self._exploration.context
        if context.policy is not YieldPolicy.MANAGER:
            return None
        for block in context.graph.blocks:
            if not block.ops or not isinstance(block.ops[-1], ops.Yield):
                continue
            for edge in block.edges:
                if edge.kind is EdgeKind.EXCEPTION and context.exits.get(edge.target) is ExitKind.EXCEPTION:
                    for event in self._exploration.log.events:
                        if isinstance(event, LeftHeld) and event.exit is ExitKind.EXCEPTION:
                            if self._is_held_at(block.id):
                                return event
        return None

    def _is_held_at(self, block: int) -> bool:
        worlds = self._exploration.solution.reached.get(block, {})
        return any(world.instance is not None and world.instance.status is Status.HELD for world in worlds)

    # -- facts -------------------------------------------------------------------------------------

    def _leak(
        self,
        fault: Fault,
        event: LeftHeld | Lost,
        exits: list[ExitKind],
        by_exit: dict[ExitKind, list[LeftHeld | Lost]],
    ) -> Leak:
        path = self._path(event)
        cause = self._cause_span(fault, event, path)
        condition = self._source.of(path.condition) if path.condition else None
        return Leak(
            fault=fault,
            site=self._site,
            exits=tuple(kind.value for kind in exits),
            trace=tuple(path.steps),
            condition=condition,
            outcome=path.outcome,
            cause=self._source.of(cause) if cause else None,
            cause_line=cause.line if cause else None,
            idle=not _instance(event).engaged,
            others=tuple(self._other(kind, by_exit[kind][0]) for kind in exits[1:]),
        )

    def _path(self, event: LeftHeld | Lost) -> Path:
        path = self._tracer.trace(path_to(self._exploration, event.block, event.world))
        if isinstance(event, Lost):
            self._end_lost(path, event)
        else:
            self._end_held(path, event)
        return path

    def _end_lost(self, path: Path, event: Lost) -> None:
        cause = event.after.instance.cause if event.after.instance else None
        if cause is not None and cause.span not in [step.span for step in path.steps]:
            self._tracer.end(path, StepKind.NOTE, "this does not release it", cause.span)
        if isinstance(event.op, ops.Store):
            self._tracer.end(path, StepKind.REBIND, f"`{event.op.name}` is bound again while it is held", event.op.span)
        else:
            span = getattr(event.op, "span", NO_SPAN)
            self._tracer.end(path, StepKind.EXIT, f"nothing refers to the {self._site.noun} any more", span)

    def _end_held(self, path: Path, event: LeftHeld) -> None:
        by_return = event.exit is ExitKind.RETURN
        span = self._tracer.exit_span(path, by_return=by_return)
        function = self._exploration.context.unit.name
        if not by_return:
            what = {
                ExitKind.EXCEPTION: "the exception",
                ExitKind.CANCELLATION: "the cancellation",
                ExitKind.GENERATOR_CLOSE: "the generator's close",
            }[event.exit]
            message = f"{what} leaves `{function}` with {self._subject} held"
        elif path.leaving is not None and path.leaving.keyword == "return":
            message = f"returns with {self._subject} held"
        else:
            message = f"`{function}` ends with {self._subject} held"
        self._tracer.end(path, StepKind.EXIT, message, span)

    def _cause_span(self, fault: Fault, event: LeftHeld | Lost, path: Path) -> Span | None:
        if fault in _CAUSES.values():
            cause = _instance(event).cause
            return cause.span if cause else None
        if fault is Fault.REBOUND_WHILE_HELD and isinstance(event, Lost):
            span: Span | None = getattr(event.op, "span", None)
            return span
        return path.raising.span if path.raising else None

    def _other(self, kind: ExitKind, event: LeftHeld | Lost) -> str:
        path = self._tracer.trace(path_to(self._exploration, event.block, event.world))
        line = f" at line {path.raising.span.line}" if path.raising else ""
        what = {
            ExitKind.EXCEPTION: "an exception",
            ExitKind.CANCELLATION: "a cancellation",
            ExitKind.GENERATOR_CLOSE: "closing the generator",
        }.get(kind, "another path")
        return f"{what}{line} leaves it held"

    def _misuse(self, event: Reused) -> Misuse:
        path = self._tracer.trace(path_to(self._exploration, event.block, event.world))
        if event.released_at is not None and event.released_at not in [step.span for step in path.steps]:
            self._tracer.end(path, StepKind.RELEASE, "released here", event.released_at)
        what = "released again" if event.again else "used after its release"
        self._tracer.end(path, StepKind.CALL, what, event.span)
        resource = self._exploration.target.resource if self._exploration.target else None
        assert resource is not None
        return Misuse(
            kind=MisuseKind.DOUBLE_RELEASE if event.again else MisuseKind.USE_AFTER_RELEASE,
            site=self._site,
            span=event.span,
            expression=self._source.of(event.span),
            consequence=resource.repeat.value if event.again else resource.after_release.value,
            trace=tuple(path.steps),
        )

    def _nested(self, event: Nested) -> Misuse:
        path = self._tracer.trace(path_to(self._exploration, event.block, event.world))
        pool = self._site.info.pool or event.taking.name
        first, *deeper = event.taking.chain
        self._tracer.end(
            path, StepKind.CALL, f"takes another connection from `{pool}`" if not deeper else "calls", first[1]
        )
        program = self._exploration.context.program
        for number, (home, span) in enumerate(deeper, start=1):
            module = program.module(home)
            if module is not None:
                last = number == len(deeper)
                message = f"takes another connection from `{pool}`" if last else "calls"
                path.steps.append(Step(StepKind.CALL, message, module.source.shown, span))
        return Misuse(
            kind=MisuseKind.NESTED_ACQUIRE,
            site=self._site,
            span=event.span,
            expression=self._source.of(event.span),
            consequence=event.taking.model.exhausted.value,
            trace=tuple(path.steps),
        )


def _instance(event: LeftHeld | Lost | Reused) -> Instance:
    world: World = event.after if isinstance(event, Lost) else event.world
    assert world.instance is not None
    return world.instance


def _is_unreachable(event: LeftHeld | Lost) -> bool:
    return isinstance(event, Lost) or _instance(event).status is Status.LOST
