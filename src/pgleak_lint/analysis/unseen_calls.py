"""Calls of functions that we do not see: what is known of them by their names, and what such code is taken to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgleak_lint.analysis.callees import KEEPING_METHODS, STARTS, WAITS, Callee, is_no_resource, speaks_of_release
from pgleak_lint.analysis.calls import ResolvedCall
from pgleak_lint.analysis.conditions import FALSE
from pgleak_lint.analysis.frame import Frame, Target
from pgleak_lint.analysis.seen_calls import Given
from pgleak_lint.analysis.state import Instance
from pgleak_lint.analysis.types import Function
from pgleak_lint.analysis.values import (
    Asked,
    Closing,
    Closure,
    Derived,
    Display,
    Gathered,
    Lent,
    Namespace,
    PendingRef,
    Promise,
    Ref,
    Releaser,
    Stack,
    Suppressor,
    Thing,
    Value,
    Wrapped,
    carries,
)
from pgleak_lint.cfg.ops import Append, Argument, Attr, Await, Build, Call, Copy, Drop, Iterate, Load, Store, Temp

if TYPE_CHECKING:
    from pgleak_lint.analysis.call_effects import CallEffects
    from pgleak_lint.analysis.context import UnitContext
    from pgleak_lint.analysis.summaries import Summaries


class UnseenCalls:
    """The effects of calls, in one unit, of functions whose code is not looked into."""

    def __init__(self, context: UnitContext, target: Target | None, effects: CallEffects, summaries: Summaries) -> None:
        self._context = context
        self._target = target
        self._effects = effects
        self._summaries = summaries

    def call(self, frame: Frame, call: ResolvedCall, values: list[Value | None]) -> None:
        """The effect of a call with these arguments."""
        op = call.op
        match call.callee:
            case Callee.STACK:
                self._effects.give(frame, op.dst, Stack(op.span, owes=False))
                return
            case Callee.SUPPRESS | Callee.EXPECTS:
                names = tuple(self._context.index.path(argument.value) or "?" for argument in op.arguments)
                self._effects.give(frame, op.dst, Suppressor(names, call.callee is Callee.EXPECTS))
                return
            case Callee.RUNS if any(isinstance(value, Promise) for value in values):
                self._effects.give(frame, op.dst, Promise())
                return
            case Callee.NAMESPACE if not values:
                self._effects.give(frame, op.dst, Namespace())
                return
            case Callee.CONSTRUCTOR if not any(carries(value) or isinstance(value, Closure) for value in values):
                self._effects.give(frame, op.dst, Thing(truthy=False))
                return
        if call.callee is not Callee.SAFE and call.callee is not Callee.CALLS:
            self._effects.deferred.defer(frame, values, None)
        if frame.instance is None or not any(carries(value) or isinstance(value, Closure) for value in values):
            return
        self._with_resource(frame, call, values)

    def _with_resource(self, frame: Frame, call: ResolvedCall, values: list[Value | None]) -> None:
        """The resource, or something that leads to it, is among the arguments."""
        op = call.op
        first = next((value for value in values if carries(value)), None)
        match call.callee:
            case Callee.RUNS if isinstance(first, PendingRef):
                self._effects.give(frame, op.dst, PendingRef())
                frame.silent = True
                return
            case Callee.GATHERS if any(isinstance(value, PendingRef) for value in values):
                told = [value for value, a in zip(values, op.arguments) if a.keyword == "return_exceptions"]
                keeps = any(value != FALSE for value in told)
                awaited = tuple(value for value, a in zip(values, op.arguments) if a.keyword is None)
                self._effects.give(frame, op.dst, Gathered(awaited, keeps_exceptions=keeps))
                frame.silent = True
                return
            case Callee.CLOSING if isinstance(first, Ref):
                self._effects.give(frame, op.dst, Closing())
                return
            case Callee.LENDING if isinstance(first, Ref):
                self._effects.give(frame, op.dst, Lent())
                return
            case Callee.CAST if first is not None:
                self._effects.give(frame, op.dst, first)
                return
        if any(self._effects.discharges(frame, value) for value in values) or self._effects.is_deferred_release(values):
            self._run_release(frame, op.dst, call)
        elif call.callee is Callee.SAFE:
            if call.path == "isinstance" and isinstance(values[0], Ref):
                self._effects.give(frame, op.dst, Asked(closed=self._is_no_class_of_a_resource(call)))
                return
            if first is None:
                return  # what only captures it, a generator expression most often, has run to its end
            if any(isinstance(value, Display) for value in values) or call.path in ("list", "tuple", "set", "dict"):
                self._effects.give(
                    frame, op.dst, next((v for v in values if isinstance(v, Display)), Derived("result"))
                )
        elif any(isinstance(value, PendingRef) for value in values):
            self._effects.hand_over(frame)
        else:
            self._unseen(frame, call, values)

    def _is_no_class_of_a_resource(self, call: ResolvedCall) -> bool:
        """Whether ``isinstance`` asks for something that no resource is. Of any other class, a value that is no instance of it is not what it
        was taken for."""
        index = self._context.index
        asked = [argument.value for argument in call.op.arguments[1:]]
        display = index.definition(asked[0]) if asked else None
        classes = [index.path(temp) or "" for temp in (display.items if isinstance(display, Build) else asked)]
        return bool(classes) and all(map(is_no_resource, classes))

    def _wraps(self, call: ResolvedCall, values: list[Value | None]) -> Wrapped | None:
        """The object that a constructor makes around the resource, if it and nobody else is to release it."""
        made = self._effects.made(call, values) if self._target is not None else None
        if made is None or self._target is None:
            return None
        for position, (argument, value) in enumerate(zip(call.op.arguments, values)):
            if isinstance(value, Ref) and not argument.star:
                found = self._summaries.wrapped(made, position, argument.keyword, self._target.resource)
                return Wrapped(found) if found is not None else None
        return None

    def _run_release(self, frame: Frame, dst: Temp, call: ResolvedCall) -> None:
        if call.callee is Callee.PARTIAL:
            self._effects.give(frame, dst, Releaser())
            return
        self._effects.release(frame, settled=False, at=call.op.span)

    def _unseen(self, frame: Frame, call: ResolvedCall, values: list[Value | None]) -> None:
        """Code we can't see borrows what it is given; a constructor, a keeper or a helper that releases does more."""
        op = call.op
        direct = [value for value in values if isinstance(value, Ref | Display | Derived | Stack) and carries(value)]
        if not direct:
            return
        if self._goes_on_alone(call):
            spawned = self._spawned(call, values)
            if spawned is None or not self._effects.seen.leaves_held(frame, *spawned):
                self._effects.hand_over(frame)
            return
        if call.callee is Callee.READS:
            return
        wrapped = self._wraps(call, values)
        if wrapped is not None:
            self._effects.give(frame, op.dst, wrapped)
            frame.error_instance = frame.instance and frame.instance.gone()
            return
        method = (call.path or "").rpartition(".")[2]
        if speaks_of_release(call.path) or (method in KEEPING_METHODS and any(self._effects.keeps(v) for v in direct)):
            self._effects.hand_over(frame)
            return
        holds = any(isinstance(value, Ref) for value in frame.env.values()) or any(
            isinstance(value, Derived | Display | Stack) for value in frame.env.values()
        )
        if not holds and not self._is_dropped(op.dst) and any(isinstance(value, Ref) for value in direct):
            # Nobody else has a name for it: what is made from it must be what gives it back.
            self._effects.hand_over(frame)
            return
        if call.callee is Callee.CONSTRUCTOR:
            self._effects.give(frame, op.dst, Derived("constructor"))
            frame.error_instance = frame.instance and frame.instance.gone()
        elif not any(isinstance(value, Derived) and value.kind == "result" for value in direct):
            self._effects.give(frame, op.dst, Derived("result"))
        instance = frame.instance
        if instance is not None and self._target is not None and self._target.resource.lazy:
            frame.instance = frame.error_instance = Instance(
                instance.status, instance.named, True, instance.settled, instance.cause, instance.released_at
            )

    def _goes_on_alone(self, call: ResolvedCall) -> bool:
        """Whether the call sets a task, thread or callback going that nobody in this function waits for: only that can release what it was
        given, since this function may be gone by then."""
        if call.callee is Callee.SPAWNS:
            return True
        return (call.path or "").rpartition(".")[2] in STARTS and not self._is_waited_for(call.op.dst)

    def _is_waited_for(self, temp: Temp) -> bool:
        """Whether something of this function waits for a value, or goes through what it is kept in."""
        index = self._context.index
        pending, seen = [temp], set()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            match index.consumers.get(current):
                case Await() | Iterate():
                    return True
                case Attr(attr=attr) if attr in WAITS:
                    return True
                case Call(func=func) if (index.path(func) or "").rpartition(".")[2] in WAITS:
                    return True
                case Call(func=func) if isinstance(method := index.definition(func), Attr):
                    pending.extend(self._loads_of(index.path(method.obj)))
                case Store(name=name) | Append(container=name):
                    pending.extend(self._loads_of(name))
                case Build(dst=dst) | Copy(dst=dst):
                    pending.append(dst)
        return False

    def _loads_of(self, name: str | None) -> list[Temp]:
        return [op.dst for op in self._context.index.of(Load) if op.name == name]

    def _spawned(self, call: ResolvedCall, values: list[Value | None]) -> tuple[Function, list[Given]] | None:
        """The function of the project that is set going, and what it is given: ``submit(run, conn)``,
        ``Thread(target=run, args=(conn,))``."""
        index, given = self._context.index, list(zip(call.op.arguments, values))
        for position, (argument, _) in enumerate(given):
            known = self._summaries.provenance.type_of(index.unit.index, argument.value)
            if isinstance(known, Function):
                rest: list[Given] = []
                for other, value in given[position + 1 :]:
                    display = index.definition(other.value)
                    if isinstance(value, Display) and isinstance(display, Build) and value.kind in ("tuple", "list"):
                        rest += [(Argument(temp), item) for temp, item in zip(display.items, value.items)]
                    else:
                        rest.append((other, value))
                return known, rest
        return None

    def _is_dropped(self, temp: Temp) -> bool:
        consumer = self._context.index.consumers.get(temp)
        if isinstance(consumer, Await):
            consumer = self._context.index.consumers.get(consumer.dst)
        return isinstance(consumer, Drop)
