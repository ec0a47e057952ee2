"""Exit stacks, and closures that release only later: deferred releases, and who runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pgleak_lint.analysis.calls import ResolvedCall
from pgleak_lint.analysis.frame import Frame, Target
from pgleak_lint.analysis.state import CauseKind, Key
from pgleak_lint.analysis.values import (
    Closing,
    Closure,
    Deferred,
    Method,
    PendingRef,
    Ref,
    Releaser,
    Stack,
    Value,
    carries,
)
from pgleak_lint.models.schema import OnWith
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.call_effects import CallEffects
    from pgleak_lint.analysis.context import UnitContext
    from pgleak_lint.analysis.summaries import Summaries

_KEEPS = frozenset({"enter_context", "enter_async_context", "push", "push_async_exit"})
_CALLBACKS = frozenset({"callback", "push_async_callback"})
_CLOSES = frozenset({"close", "aclose", "__exit__", "__aexit__"})


class DeferredReleases:
    """What is registered for later, on a stack or by handing a closure on. A closure captures a variable, not its value:
    what it releases is decided when it runs."""

    def __init__(self, context: UnitContext, target: Target | None, effects: CallEffects, summaries: Summaries) -> None:
        self._context = context
        self._target = target
        self._effects = effects
        self._summaries = summaries

    def mark(self, frame: Frame, stack: Stack, *, owes: bool) -> None:
        """Every name of the stack sees the change."""
        new = Stack(stack.made_at, owes)
        for key, value in frame.env.items():
            if isinstance(value, Stack) and value.made_at == stack.made_at:
                frame.env[key] = new

    def defer(self, frame: Frame, values: list[Value | None], stack: Span | None) -> None:
        """Remember the closures that are handed on, for variables that they captured and that are bound only later."""
        for value in values:
            if isinstance(value, Closure):
                for name in self._context.module.units[value.unit].free & self._context.unit.bound:
                    frame.env[f"$deferred {name}"] = Deferred(value.unit, stack)

    def bound_late(self, frame: Frame, name: str) -> None:
        """The variable now holds the resource: a closure that captured it before may be the one to release it."""
        deferred = frame.env.get(f"$deferred {name}")
        if isinstance(deferred, Deferred) and deferred.stack is None and self._releases(deferred, name):
            self._effects.hand_over(frame)

    def runs_release(self, env: Mapping[Key, Value], stack: Stack) -> bool:
        """Whether closing the stack releases: it owes the release, or a closure on it releases what its captured variable
        holds by then."""
        if stack.owes:
            return True
        for key, value in env.items():
            if isinstance(value, Deferred) and value.stack == stack.made_at and isinstance(key, str):
                name = key.removeprefix("$deferred ")
                if isinstance(env.get(name), Ref) and self._releases(value, name):
                    return True
        return False

    def _releases(self, deferred: Deferred, name: str) -> bool:
        target = self._target
        return (
            target is not None
            and self._summaries.effect(deferred.unit, frozenset({name}), target.resource).may_discharge
        )

    def _move_deferred(self, frame: Frame, old: Span, new: Span) -> None:
        for key, value in frame.env.items():
            if isinstance(value, Deferred) and value.stack == old:
                frame.env[key] = Deferred(value.unit, new)

    def method(self, frame: Frame, call: ResolvedCall, stack: Stack, name: str, values: list[Value | None]) -> None:
        """``stack.name(...)``."""
        op = call.op
        if name in _CLOSES:
            if self.runs_release(frame.env, stack):
                self._effects.release(frame, settled=True, at=op.span)
            self.mark(frame, stack, owes=False)
            frame.silent = True
        elif name == "pop_all":
            self.mark(frame, stack, owes=False)
            self._move_deferred(frame, stack.made_at, op.span)
            frame.env[op.dst] = Stack(op.span, stack.owes)
            frame.silent = True
        elif name in _CALLBACKS or any(carries(value) or isinstance(value, Closure) for value in values):
            self._push(frame, call, stack, name, values)

    def _push(self, frame: Frame, call: ResolvedCall, stack: Stack, name: str, values: list[Value | None]) -> None:
        first = values[0] if values else None
        frame.silent = True
        if name in _CALLBACKS:
            plain = [value for value in values if not isinstance(value, Closure)]
            if name == "callback" and any(self._effects.is_coroutine_release(value) for value in plain):
                frame.blame(CauseKind.UNAWAITED, call.op.span)
            elif any(self._effects.discharges(frame, value) for value in plain) or self._effects.is_deferred_release(
                values
            ):
                self.mark(frame, stack, owes=True)
            self._blame(frame, call, plain)
            self.defer(frame, values, stack.made_at)
        elif name in _KEEPS:
            self._enter(frame, call, stack, first)

    def _blame(self, frame: Frame, call: ResolvedCall, values: Sequence[Value | None]) -> None:
        """A callback that looks like a release and is none."""
        wrong = self._target.resource.wrong_releases if self._target is not None else ()
        if any(isinstance(value, Method) and value.name in wrong for value in values):
            frame.blame(CauseKind.WRONG, call.op.span)

    def _enter(self, frame: Frame, call: ResolvedCall, stack: Stack, value: Value | None) -> None:
        op = call.op
        if self._target is None:
            return
        match value:
            case PendingRef():
                self._effects.awaken(frame, op.dst)
                frame.silent = False
                self.mark(frame, stack, owes=True)
                frame.error_instance = frame.instance and frame.instance.gone()
            case Closing():
                if self._effects.closes:
                    self.mark(frame, stack, owes=True)
                frame.env[op.dst] = Ref()
            case Ref():
                on_with = self._target.resource.on_with
                if on_with is OnWith.RELEASES:
                    self.mark(frame, stack, owes=True)
                elif on_with is OnWith.ENDS_TRANSACTION:
                    frame.blame(CauseKind.WITH, op.span)
                frame.env[op.dst] = Ref()
            case Closure():
                self.defer(frame, [value], stack.made_at)
            case Releaser() | Method():
                if self._effects.discharges(frame, value):
                    self.mark(frame, stack, owes=True)
