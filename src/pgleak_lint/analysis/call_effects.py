"""What a call does to the tracked resource: acquires it, releases it, borrows it, or hands it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgleak_lint.analysis.callees import speaks_of_release
from pgleak_lint.analysis.calls import Acquired, ResolvedCall
from pgleak_lint.analysis.deferred import DeferredReleases
from pgleak_lint.analysis.events import Log, Nested, Reused
from pgleak_lint.analysis.frame import Frame, Target
from pgleak_lint.analysis.seen_calls import Given, SeenCalls
from pgleak_lint.analysis.state import Cause, CauseKind, Instance, Status, World
from pgleak_lint.analysis.types import Class, Function
from pgleak_lint.analysis.unseen_calls import UnseenCalls
from pgleak_lint.analysis.values import (
    Asked,
    Closure,
    Derived,
    Display,
    Gathered,
    Method,
    OwnerRelease,
    Path,
    PendingRef,
    Promise,
    Ref,
    Releaser,
    ReleaseTask,
    StackMethod,
    Suppressor,
    Thing,
    UseTask,
    Value,
    Wrapped,
    WrappedMethod,
    carries,
    refers,
)
from pgleak_lint.cfg.ops import Argument, Call, Temp
from pgleak_lint.models.schema import AfterRelease, Form, OnWith, ReleaseModel
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.context import UnitContext
    from pgleak_lint.analysis.summaries import Summaries


class CallEffects:
    """The effects of calls in one unit on one target. ``keeps_results``: a value that unseen code made from the resource
    is taken to own it, because this unit never releases the resource itself."""

    def __init__(self, context: UnitContext, target: Target | None, log: Log, summaries: Summaries) -> None:
        self._context = context
        self._target = target
        self._log = log
        self._summaries = summaries
        self._block = 0
        self._entry = World(None, frozenset())
        releases = target.resource.releases if target else ()
        self._on_value = {r.method: r for r in releases if r.on == "value"}
        self._on_owner = {r.method: r for r in releases if r.on == "owner"}
        self._by_function = {r.method: r for r in releases if r.on == "function"}
        self.closes = "close" in self._on_value or "aclose" in self._on_value
        self.keeps_results = target is not None and not context.releases_somewhere(target.resource)

    @property
    def deferred(self) -> DeferredReleases:
        """What is registered for later."""
        return DeferredReleases(self._context, self._target, self, self._summaries)

    @property
    def seen(self) -> SeenCalls:
        """Calls of functions that we see."""
        return SeenCalls(self._context, self._target, self._log, self, self._summaries)

    @property
    def unseen(self) -> UnseenCalls:
        """Calls of all other functions."""
        return UnseenCalls(self._context, self._target, self, self._summaries)

    def at(self, block: int, entry: World) -> None:
        """The block in hand, for events."""
        self._block, self._entry = block, entry

    # -- questions ---------------------------------------------------------------------------------

    def is_owner_release(self, name: str) -> bool:
        """Whether ``owner.name(resource)`` releases it."""
        return name in self._on_owner

    def is_release_name(self, name: str) -> bool:
        """Whether a method of that name, on something made around the resource, most likely releases it."""
        return name in self._on_value or name in self._on_owner or speaks_of_release(name)

    def keeps(self, value: Value | None) -> bool:
        """Whether storing that value somewhere hands the resource over."""
        if isinstance(value, Derived) and value.kind == "result":
            return self.keeps_results
        if isinstance(value, Closure):
            return self._target is not None and self._context.captures(value.unit)
        return refers(value)

    def answer(self, question: str) -> Asked | None:
        """What an attribute of the resource, or the call of a method (``name()``), says of its being closed."""
        if self._target is None:
            return None
        if question in self._target.resource.tells_closed:
            return Asked(closed=True)
        return Asked(closed=False) if question in self._target.resource.tells_open else None

    # -- effects -----------------------------------------------------------------------------------

    def awaken(self, frame: Frame, dst: Temp | None) -> None:
        """The pending acquire completes."""
        instance = frame.instance
        if instance is None or self._target is None:
            return
        frame.instance = Instance(Status.HELD, engaged=not self._target.resource.lazy)
        frame.error_instance = instance.gone()
        if dst is not None:
            frame.env[dst] = _as_given(self._target.acquired)

    def release(self, frame: Frame, *, settled: bool, at: Span | None = None) -> None:
        """The resource is given back; the effect counts as done even when the release raises."""
        instance = frame.instance
        if instance is None:
            return
        if instance.status in (Status.HELD, Status.LOST):
            self._log.released = True
            at = at or (instance.cause.span if instance.cause else None)
            frame.instance = Instance(Status.RELEASED, instance.named, settled=settled, released_at=at)
            frame.error_instance = Instance(Status.RELEASED, instance.named, settled=False, released_at=at)

    def _release_call(self, frame: Frame, span: Span) -> None:
        instance = frame.instance
        if instance is not None and instance.status is Status.RELEASED:
            if instance.settled and self._target is not None and not frame.blurred:
                self._log.add(Reused(span, True, self._block, self._entry, instance.released_at))
            return
        self.release(frame, settled=True, at=span)

    def hand_over(self, frame: Frame) -> None:
        """Ownership moves on, out of sight."""
        if frame.instance is not None:
            if frame.instance.status is Status.HELD:
                self._log.moved = True
            # Whoever takes it over has it from the call on, even when the call raises.
            frame.instance = frame.error_instance = frame.instance.gone()

    def use(self, frame: Frame, span: Span) -> None:
        """A query, cursor or transaction on the resource."""
        instance = frame.instance
        if instance is not None and instance.status is Status.RELEASED and instance.settled and not frame.blurred:
            self.reuse(span, self._block, self._entry, instance.released_at)

    def reuse(self, span: Span, block: int, world: World, released_at: Span | None = None) -> None:
        """A use of the released resource, unless its driver silently reopens it."""
        if self._target is not None and self._target.resource.after_release is not AfterRelease.REOPENS:
            instance = world.instance
            at = released_at or (instance.released_at if instance else None)
            self._log.add(Reused(span, False, block, world, at))

    # -- calls -------------------------------------------------------------------------------------

    def call(self, frame: Frame, call: ResolvedCall) -> None:
        """The effect of any call."""
        callee = frame.env.pop(call.op.func, None)
        before = dict(frame.env) if isinstance(callee, Closure) else {}
        self._call(frame, call, callee)
        if isinstance(callee, Closure) and call.op.dst not in self._context.tested.nested.awaited:
            self.seen.reassign(frame, before, callee.unit)

    def _call(self, frame: Frame, call: ResolvedCall, callee: Value | None) -> None:
        op = call.op
        arguments = [(argument, frame.env.pop(argument.value, None)) for argument in op.arguments]
        values = [value for _, value in arguments]
        if any(isinstance(value, Wrapped | WrappedMethod) for value in values):
            self.hand_over(frame)  # who gets an object that owns may close it
            return
        if call.acquired is not None:
            self._note_nested(frame, call, arguments)
            if self._acquire(frame, call):
                return
        if self._target is not None and call.path is not None and call.path in self._target.ends:
            self.hand_over(frame)
            return
        elif self._target is not None:
            self._note_nested(frame, call, arguments)
        if self._gives_own_object_away(frame, values):
            self.hand_over(frame)
            return
        made = self.made(call, values)
        if made is not None and not self._summaries.making_may_raise(made):
            frame.silent = True
        function = self._by_function.get(call.name or "")
        if function is not None and any(isinstance(value, Ref) for value in values):
            self._owner_release(frame, function, call, arguments)
            return
        match callee:
            case Method(name=name):
                self.method(frame, name, op.span, dst=op.dst, arguments=values)
            case Releaser():
                self._release_call(frame, op.span)
            case WrappedMethod(wrapped=wrapped, name=name):
                self._wrapped_method(frame, wrapped, name, op)
            case StackMethod(stack=stack, name=name):
                self.deferred.method(frame, call, stack, name, values)
            case OwnerRelease(name=name) if any(isinstance(value, Ref) for value in values):
                self._owner_release(frame, self._on_owner[name], call, arguments)
            case _ if isinstance(callee, Closure) and self.seen.call(
                frame, call, Function(callee.unit, self._context.home), arguments
            ):
                return
            case _ if (known := self._seen(call, values)) is not None and self.seen.call(frame, call, known, arguments):
                return
            case _:
                self.unseen.call(frame, call, values)

    def _note_nested(self, frame: Frame, call: ResolvedCall, arguments: list[Given]) -> None:
        """A call that takes one more from the pool whose connection is held. A function that is given that one may not want another."""
        target, instance = self._target, frame.instance
        if target is None or target.pool is None or instance is None or frame.blurred:
            return
        if instance.status is not Status.HELD or not instance.engaged or call.op.span == target.site:
            return
        for taking in self._summaries.pools.taken_by(self._context.index, call):
            if taking.name == target.pool and self.seen.takes(frame, call, arguments, taking):
                self._log.add(Nested(call.op.span, taking, self._block, self._entry))

    def _gives_own_object_away(self, frame: Frame, values: list[Value | None]) -> bool:
        """Whether an object that is being made, and keeps the resource, is passed to somebody before it is made, itself or as
        one of its methods: then it can be closed, even when its constructor fails."""
        own, parent = self._context.own_object, self._context.unit.parent
        if own is None or parent is None or frame.instance is None or not frame.instance.kept:
            return False
        methods = {f"{own}.{name}" for name in self._context.module.children(parent)}
        return any(isinstance(value, Path) and (value.text == own or value.text in methods) for value in values)

    def _seen(self, call: ResolvedCall, values: list[Value | None]) -> Function | None:
        """The function of the project that is called. What gets the resource is looked for in every module."""
        if call.function is not None or call.name is None or not any(isinstance(value, Ref) for value in values):
            return call.function
        found = self._context.program.resolve(call.name, self._context.home, anywhere=True)
        return found if isinstance(found, Function) else None

    def _wrapped_method(self, frame: Frame, wrapped: Wrapped, name: str, op: Call) -> None:
        """A method of an object that owns the resource: one that releases it, or one that uses it."""
        awaited = dict(wrapped.keeper.methods).get(name)
        if awaited is None:
            return
        if awaited:
            self._promise_release(frame, op.span, op.dst)
        else:
            self.release(frame, settled=False, at=op.span)

    def made(self, call: ResolvedCall, values: list[Value | None]) -> Class | None:
        """The class of the project that is constructed; where it gets the resource, of any module."""
        if call.constructs is not None or call.name is None or not any(isinstance(value, Ref) for value in values):
            return call.constructs
        found = self._context.program.resolve(call.name, self._context.home, anywhere=True)
        return found if isinstance(found, Class) else None

    def _acquire(self, frame: Frame, call: ResolvedCall) -> bool:
        """The call is an acquire: of the tracked site, or of another one, whose value is just some object."""
        acquired, target = call.acquired, self._target
        if acquired is None:
            return False
        expected_to_fail = any(isinstance(value, Suppressor) and value.expects for value in frame.env.values())
        here = target is not None and target.site == call.op.span and not expected_to_fail
        if not here or frame.instance is not None or target is None:
            frame.env[call.op.dst] = Thing(truthy=True) if acquired.form is Form.PLAIN else Promise()
            return not any(carries(frame.env.get(a.value)) for a in call.op.arguments)
        pending = acquired.form is not Form.PLAIN
        frame.instance = Instance(Status.PENDING if pending else Status.HELD, engaged=not target.resource.lazy)
        frame.error_instance = frame.instance.gone()
        frame.env[call.op.dst] = PendingRef() if pending else _as_given(acquired)
        return True

    def method(
        self,
        frame: Frame,
        name: str,
        span: Span,
        *,
        dst: Temp | None,
        arguments: list[Value | None] | None = None,
    ) -> None:
        """``resource.name(...)``."""
        target = self._target
        if target is None or frame.instance is None:
            return
        resource = target.resource
        release = self._on_value.get(name)
        if release is not None:
            self._value_release(frame, release, span, dst)
        elif name in resource.wrong_releases:
            frame.blame(CauseKind.WRONG, span)
            frame.silent = True
        elif (answer := self.answer(f"{name}()")) is not None:
            frame.silent = True
            self.give(frame, dst, answer)
        elif name in ("__exit__", "__aexit__") and resource.on_with is OnWith.RELEASES:
            self.release(frame, settled=True, at=span)
        elif name in ("__enter__", "__aenter__") or name in resource.fluent:
            frame.silent = True
            self.give(frame, dst, Ref())
        else:
            self._query(frame, name, span, dst)

    def _query(self, frame: Frame, name: str, span: Span, dst: Temp | None) -> None:
        assert self._target is not None
        resource, instance = self._target.resource, frame.instance
        if name in resource.keeps:
            self.give(frame, dst, Derived("kept", idles=name in resource.blocks))
        if name in resource.uses:
            if resource.query_coroutines and name not in resource.keeps:
                self.give(frame, dst, UseTask(span))
            self.use(frame, span)
        if instance is not None and resource.lazy and instance.status is Status.HELD and name not in resource.passive:
            engaged = Instance(instance.status, instance.named, True, instance.settled, instance.cause)
            idle = Instance(instance.status, instance.named, False, instance.settled, instance.cause)
            frame.instance = idle if name in resource.idles else engaged
            frame.error_instance = engaged

    def _value_release(self, frame: Frame, release: ReleaseModel, span: Span, dst: Temp | None) -> None:
        if release.usable:
            self.hand_over(frame)
        elif release.awaited:
            self._promise_release(frame, span, dst)
        else:
            self._release_call(frame, span)

    def _promise_release(self, frame: Frame, span: Span, dst: Temp | None) -> None:
        """The release is a coroutine: nothing happens until something runs it."""
        instance = frame.instance
        if instance is None:
            return
        if instance.status is Status.RELEASED:
            self._release_call(frame, span)
            return
        if instance.status is Status.HELD:
            frame.instance = instance.because(Cause(CauseKind.UNAWAITED, span))
        frame.silent = True
        self.give(frame, dst, ReleaseTask())

    def _owner_release(self, frame: Frame, release: ReleaseModel, call: ResolvedCall, arguments: list[Given]) -> None:
        if not any(
            isinstance(value, Ref) and _is_released_argument(a, i, release) for i, (a, value) in enumerate(arguments)
        ):
            return
        frame.silent = True
        if release.awaited:
            self._promise_release(frame, call.op.span, call.op.dst)
        else:
            self._release_call(frame, call.op.span)

    def give(self, frame: Frame, dst: Temp | None, value: Value) -> None:
        """The result of the call in hand."""
        if dst is not None:
            frame.env[dst] = value

    # -- questions about what is handed on ---------------------------------------------------------

    def discharges(self, frame: Frame, value: Value | None) -> bool:
        """Whether handing this value to anything releases the resource sooner or later."""
        match value:
            case ReleaseTask() | Releaser():
                return True
            case Method(name=name):
                return name in self._on_value
            case Closure(unit=unit):
                return self.seen.releases(frame, unit)
            case Display(items=items) | Gathered(items=items):
                return any(self.discharges(frame, item) for item in items)
        return False

    def is_deferred_release(self, values: list[Value | None]) -> bool:
        """``callback(pool.putconn, conn)``: the owner's release and the resource, to be brought together later."""
        return any(isinstance(v, OwnerRelease) for v in values) and any(isinstance(v, Ref) for v in values)

    def is_coroutine_release(self, value: Value | None) -> bool:
        """Whether it is a release, not called yet, that does nothing until it is awaited."""
        match value:
            case Method(name=name):
                release = self._on_value.get(name)
            case OwnerRelease(name=name):
                release = self._on_owner.get(name)
            case _:
                release = None
        return release is not None and release.awaited


def _is_released_argument(argument: Argument, position: int, release: ReleaseModel) -> bool:
    if argument.keyword is not None:
        return argument.keyword in release.keywords
    return position == release.position


def _as_given(acquired: Acquired | None) -> Value:
    """What who acquires gets: the resource, or a tuple with it."""
    place = acquired.place if acquired is not None else None
    if place is None:
        return Ref()
    return Display("tuple", tuple(Ref() if position == place.position else None for position in range(place.size)))
