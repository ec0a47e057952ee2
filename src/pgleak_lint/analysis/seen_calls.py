"""Calls of functions that we see: their summaries say what they do to the tracked resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Union

from pgleak_lint.analysis.calls import ResolvedCall
from pgleak_lint.analysis.events import Log
from pgleak_lint.analysis.frame import Frame, Target
from pgleak_lint.analysis.nested import Called, Knowledge, known_when_called, reassign
from pgleak_lint.analysis.pools import Taking
from pgleak_lint.analysis.state import Key
from pgleak_lint.analysis.types import Function
from pgleak_lint.analysis.values import Calm, Faltering, Ref, Value
from pgleak_lint.cfg.graph import CodeUnit
from pgleak_lint.cfg.ops import Argument

Given = tuple[Argument, Union[Value, None]]
"""An argument, and what is known of its value."""

if TYPE_CHECKING:
    from pgleak_lint.analysis.call_effects import CallEffects
    from pgleak_lint.analysis.context import UnitContext
    from pgleak_lint.analysis.summaries import Summaries


class SeenCalls:
    """The effects of calls, in one unit, of functions of the project, nested ones among them."""

    def __init__(
        self, context: UnitContext, target: Target | None, log: Log, effects: CallEffects, summaries: Summaries
    ) -> None:
        self._context = context
        self._target = target
        self._log = log
        self._effects = effects
        self._summaries = summaries

    def reassign(self, frame: Frame, before: Mapping[Key, Value], nested: int) -> None:
        """A nested function was called, in that environment: what it did to variables of this one."""
        names = self._context.tested.nested.assigned.get(nested)
        if names:
            reassign(frame, before, names, self._called(before, nested), self._context.tested.tracked)

    def _called(self, env: Mapping[Key, Value], nested: int) -> Called:
        return self._summaries.called(nested, known_when_called(env, self._context.module.units[nested]))

    def releases(self, frame: Frame, unit: int) -> bool:
        """Whether a nested function that runs sooner or later releases what its captured variables hold now."""
        target = self._target
        if target is None:
            return False
        free = self._context.module.units[unit].free
        names = frozenset(name for name in free if isinstance(frame.env.get(name), Ref))
        return bool(names) and self._summaries.effect(unit, names, target.resource).may_discharge

    def call(self, frame: Frame, call: ResolvedCall, function: Function, arguments: list[Given]) -> bool:
        """A call of a function that we see: its summary says what it does. False where it gets nothing of ours."""
        target, unit = self._target, function.unit
        summaries = self._summaries.at(function.home)
        if summaries is None:
            return False
        code = summaries.module.units[unit]
        if code.is_async or code.is_generator:
            # The call only makes the coroutine or generator; what its body raises comes later.
            frame.silent = not code.decorators
            if code.is_async:
                may_raise = self._may_raise(frame, summaries, function, code)
                if not may_raise or not summaries.may_wait(unit):
                    self._effects.give(frame, call.op.dst, Calm(may_raise))
        elif self._log.unasked is not None and not self._is_nested(function, code):
            self._log.unasked.add(function)
            frame.silent = True
        else:
            frame.silent = not self._may_raise(frame, summaries, function, code)
        if target is None or frame.instance is None:
            return False
        names = frozenset(self._received(frame, function, code, arguments))
        if not names:
            return False
        knowledge = self._knowledge(frame, code) if function.home == self._context.home else frozenset()
        effect = summaries.effect(unit, names, target.resource, knowledge)
        frame.silent = frame.silent or not (effect.may_raise or code.is_async)
        if effect.discharges:
            before = frame.instance
            self._effects.release(frame, settled=False, at=call.op.span)
            if effect.may_fail and code.is_async:
                self._effects.give(frame, call.op.dst, Faltering())
            elif effect.may_fail:
                frame.error_instance = before
        elif effect.may_discharge and names <= code.free:
            # A nested function that releases on some of its paths: one world for each.
            self._effects.release(frame.split(frame.env), settled=False, at=call.op.span)
        elif effect.may_discharge:
            self._effects.hand_over(frame)
        elif effect.returns:
            self._effects.give(frame, call.op.dst, Ref())
        return True

    def leaves_held(self, frame: Frame, function: Function, arguments: list[Given]) -> bool:
        """Whether a function that runs on its own gets the resource, and does nothing that ends anybody's duty to release it."""
        target, summaries = self._target, self._summaries.at(function.home)
        if target is None or summaries is None:
            return False
        names = frozenset(self._received(frame, function, summaries.module.units[function.unit], arguments))
        if not names:
            return False
        effect = summaries.effect(function.unit, names, target.resource)
        return not (effect.may_discharge or effect.returns)

    def takes(self, frame: Frame, call: ResolvedCall, arguments: list[Given], taking: Taking) -> bool:
        """Whether the function that is called comes to where it, or one that it calls, takes from a pool, with what it is given."""
        function, target = call.function, self._target
        summaries = self._summaries.at(function.home) if function is not None else None
        if function is None or summaries is None or target is None or len(taking.chain) == 1:
            return True
        code = summaries.module.units[function.unit]
        names = frozenset(self._received(frame, function, code, arguments))
        return not names or summaries.comes_to(function.unit, names, target.resource, taking.chain[1][1])

    def _may_raise(self, frame: Frame, summaries: Summaries, function: Function, code: CodeUnit) -> bool:
        """Whether the body may raise. That of a nested function is asked with what is known of the variables that it captured."""
        if not summaries.may_raise(function.unit):
            return False
        is_nested = self._is_nested(function, code)
        return not is_nested or bool(code.decorators) or self._called(frame.env, function.unit).may_raise

    def _is_nested(self, function: Function, code: CodeUnit) -> bool:
        return function.home == self._context.home and code.parent == self._context.unit.index

    def _knowledge(self, frame: Frame, code: CodeUnit) -> Knowledge:
        """What is known of the variables that a nested function captured, but for those that hold the resource."""
        known = known_when_called(frame.env, code)
        return frozenset((key, value) for key, value in known if not isinstance(frame.env[key], Ref))

    def _kept_by_own(self, frame: Frame, function: Function, code: CodeUnit) -> Iterator[str]:
        """What a method of the object that is being made sees in that object's attributes."""
        own = self._context.own_object
        if (
            own is None
            or not function.bound
            or not code.parameters
            or frame.instance is None
            or not frame.instance.kept
        ):
            return
        for key, value in frame.env.items():
            if isinstance(value, Ref) and isinstance(key, str) and key.startswith(f"{own}.") and key.count(".") == 1:
                yield f"{code.parameters[0].name}.{key.partition('.')[2]}"

    def _received(self, frame: Frame, function: Function, code: CodeUnit, arguments: list[Given]) -> list[str]:
        """The callee's names for the resource: parameters, and variables that a nested function captured."""
        found = []
        for position, (argument, value) in enumerate(arguments):
            if not isinstance(value, Ref):
                continue
            if argument.keyword:
                found.append(argument.keyword)
            elif not argument.star:
                place = position + function.bound
                positional = [p for p in code.parameters if p.kind in ("positional", "positional-only")]
                if place < len(positional):
                    found.append(positional[place].name)
        found.extend(self._kept_by_own(frame, function, code))
        if function.home == self._context.home and code.parent not in (None, 0):
            found.extend(name for name in code.free if isinstance(frame.env.get(name), Ref))
        return found
