"""What each op does to a frame: the values that names and temporaries hold, and the state of the instance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pgleak_lint.analysis import conditions
from pgleak_lint.analysis.call_effects import CallEffects
from pgleak_lint.analysis.context import UnitContext, YieldPolicy
from pgleak_lint.analysis.events import Log, Lost
from pgleak_lint.analysis.frame import Frame, Target
from pgleak_lint.analysis.state import CauseKind, Key, Status, World, forget
from pgleak_lint.analysis.values import (
    Calm,
    Closing,
    Closure,
    Condition,
    Derived,
    Display,
    Falsy,
    Faltering,
    Gathered,
    Known,
    Lent,
    Managed,
    Method,
    Namespace,
    OwnerRelease,
    Path,
    PendingRef,
    Promise,
    Ref,
    Releaser,
    ReleaseTask,
    Stack,
    StackMethod,
    Suppressor,
    Thing,
    Unbound,
    UseTask,
    Value,
    Wrapped,
    WrappedMethod,
    carries,
    refers,
)
from pgleak_lint.analysis.values import (
    Iterator as Iteration,
)
from pgleak_lint.cfg import ops
from pgleak_lint.models.schema import OnWith

_LEADS_BACK = frozenset({"connection", "conn", "_connection", "_conn", "bind", "dbapi_connection", "driver_connection"})
"""Attributes by which a cursor or result leads back to its connection."""


_DISPLAY_LIMIT = 16
"""Items of a display that are told apart; a longer one with the resource in it counts as a container."""


class OpEffects:
    """The effects of ops in one exploration; calls are told to ``effects``, what is seen to ``log``."""

    def __init__(self, context: UnitContext, target: Target | None, log: Log, effects: CallEffects) -> None:
        self.context = context
        self.target = target
        self.log = log
        self._effects = effects

    def apply(self, op: ops.Op, frame: Frame, block: int, entry: World) -> None:
        if frame.instance is not None and frame.instance.status is Status.LOST:
            self._effects.at(block, entry)
        handler = _HANDLERS.get(type(op))
        self._effects.at(block, entry)
        if handler is not None:
            handler(self, frame, op)
        elif not isinstance(op, ops.Branch | ops.Next):
            for temp in ops.read_temps(op):
                frame.env.pop(temp, None)
        instance = frame.instance
        if instance is not None and instance.status is Status.HELD and type(op) not in _TAKING_NOTHING:
            if not any(refers(value) for value in frame.env.values()):
                after = World(instance, frozenset(), frame.blurred)
                if not frame.blurred and not isinstance(op, ops.Delete):
                    self.log.add(Lost(op, block, entry, after))
                # The exceptional edges of this very op are another path: there it may still be reachable.
                frame.instance = instance.lost()
                frame.lost_here = True

    def _load(self, frame: Frame, op: ops.Load) -> None:
        value = frame.env.get(op.name)
        if type(value) is Unbound and value.missed:
            frame.fails = op.name in self.context.tested.unset_at_their_release
        if value is None or isinstance(value, Thing | Falsy | Unbound):
            if op.name.partition(".")[0] in self.context.tracked_roots:
                frame.env[op.dst] = Path(op.name)
        else:
            frame.env[op.dst] = value

    def _store(self, frame: Frame, op: ops.Store) -> None:
        value = frame.env.pop(op.src, None)
        if isinstance(value, Condition) and op.name in self.context.tested.tracked:
            self._store_test(frame, op.name, value)
            return
        self._bind(frame, op.name, value)

    def _store_test(self, frame: Frame, name: str, test: Condition) -> None:
        """``flag = x is None``: one world for each answer, so that flag and variable stay correlated."""
        ways = list(conditions.outcomes(test, frame.env))
        for outcome, env in ways[1:]:
            other = frame.split(self.solid(env))
            self._bind(other, name, conditions.boolean(outcome))
        outcome, env = ways[0]
        frame.env = dict(self.solid(env))
        self._bind(frame, name, conditions.boolean(outcome))

    def _bind(self, frame: Frame, name: str, value: Value | None) -> None:
        if isinstance(value, Path) and (name[0] != "$" or name == "$return"):
            known = frame.env.get(value.text)
            value = value if known is None and self._is_alias(name, value) else known
        forget(frame.env, name)
        unit = self.context.unit
        if carries(value) and (name in unit.global_names or name in unit.nonlocal_names):
            self._effects.hand_over(frame)
            return
        if isinstance(value, Derived) and value.kind == "constructor":
            self._effects.hand_over(frame)
            return
        if isinstance(value, Wrapped) and self._is_captured(name):
            self._effects.hand_over(frame)
            return
        if isinstance(value, Ref) and name[0] != "$":
            frame.instance = frame.instance and frame.instance.with_name()
            frame.env[name] = value
            self._effects.deferred.bound_late(frame, name)
        if value is None or isinstance(value, Condition | Unbound | Namespace):
            return
        plain = isinstance(value, Known | Thing | Falsy | Promise) or (
            isinstance(value, Display) and not carries(value)
        )
        if name[0] == "$" or name in self.context.tested.tracked or not plain:
            frame.env[name] = value

    def _is_alias(self, name: str, value: Path) -> bool:
        """Whether what is learned of one variable is kept for the other, until one of them is bound anew."""
        return name != value.text and {name, value.text} <= self.context.tested.tracked

    def _is_captured(self, name: str) -> bool:
        """Whether a nested function sees the variable."""
        own = self.context.unit.index
        module = self.context.module
        inner = (unit for unit in module.units if unit.parent == own and unit.may_mention(name))
        return any(name in module.free(unit.index) for unit in inner)

    def _delete(self, frame: Frame, op: ops.Delete) -> None:
        forget(frame.env, op.name)
        if op.name in self.context.tested.names_in_locals | self.context.tested.unset_at_their_release:
            frame.env[op.name] = Unbound()

    def _const(self, frame: Frame, op: ops.Const) -> None:
        if not isinstance(op.value, tuple):
            frame.env[op.dst] = Known.of(op.value)

    def _attr(self, frame: Frame, op: ops.Attr) -> None:
        value = frame.env.pop(op.obj, None)
        match value:
            case Ref():
                frame.env[op.dst] = self._effects.answer(op.attr) or Method(op.attr)
            case Derived(kind=kind):
                if kind == "kept" and op.attr in _LEADS_BACK:
                    frame.env[op.dst] = Ref()
                elif kind != "kept" and self._effects.is_release_name(op.attr):
                    frame.env[op.dst] = Releaser()
            case Wrapped():
                frame.env[op.dst] = WrappedMethod(value, op.attr)
            case Stack():
                frame.env[op.dst] = StackMethod(value, op.attr)
            case Display() if refers(value):
                frame.env[op.dst] = Method("")
            case _ if self._effects.is_owner_release(op.attr):
                frame.env[op.dst] = OwnerRelease(op.attr)
            case Path(text=text):
                self._load_path(frame, op.dst, f"{text}.{op.attr}")

    def _load_path(self, frame: Frame, dst: int, path: str) -> None:
        if path not in self.context.tested.ways_to_tracked:
            path = self.context.index.path(dst) or path  # as it is written, not as what its variable is the same as
        value = frame.env.get(path)
        if value is None or isinstance(value, Thing | Falsy | Unbound):
            if path in self.context.tested.ways_to_tracked:
                frame.env[dst] = Path(path)
        else:
            frame.env[dst] = value

    def _set_attr(self, frame: Frame, op: ops.SetAttr) -> None:
        owner = frame.env.pop(op.obj, None)
        value = frame.env.pop(op.src, None)
        path = self.context.index.path(op.obj)
        if self._effects.keeps(value):
            self._keep(frame, op, path, value)
            return
        if path is None:
            return
        path = f"{path}.{op.attr}"
        if isinstance(value, Condition) and path in self.context.tested.tracked:
            self._store_test(frame, path, value)
        elif not carries(owner):
            self._bind(frame, path, value if path in self.context.tested.tracked else None)

    def _keep(self, frame: Frame, op: ops.SetAttr, path: str | None, value: Value | None) -> None:
        """An object takes the resource over; one that is still being made does so once it is."""
        if path is not None and path == self.context.own_object and isinstance(value, Ref):
            self.log.stored.add(op.attr)
            if self.context.makes_object and frame.instance is not None:
                frame.env[f"{path}.{op.attr}"] = value
                frame.instance = replace(frame.instance, kept=True)
                return
        self._effects.hand_over(frame)

    def _item(self, frame: Frame, op: ops.Item) -> None:
        value = frame.env.pop(op.obj, None)
        key = frame.env.pop(op.key, None)
        if isinstance(value, Display) and isinstance(key, Known) and isinstance(key.value, int):
            if -len(value.items) <= key.value < len(value.items):
                item = value.items[key.value]
                if item is not None:
                    frame.env[op.dst] = item

    def _set_item(self, frame: Frame, op: ops.SetItem) -> None:
        frame.env.pop(op.obj, None)
        frame.env.pop(op.key, None)
        if self._effects.keeps(frame.env.pop(op.src, None)):
            self._effects.hand_over(frame)

    def _call(self, frame: Frame, op: ops.Call) -> None:
        self._effects.call(frame, self.context.calls.by_temp[op.dst])

    def _await(self, frame: Frame, op: ops.Await) -> None:
        value = frame.env.pop(op.src, None)
        nested = self.context.tested.nested.awaited.get(op.src)
        if nested is not None:
            self._effects.seen.reassign(frame, dict(frame.env), nested)
        match value:
            case PendingRef():
                self._effects.awaken(frame, op.dst)
            case ReleaseTask():
                self._effects.release(frame, settled=True)
            case Faltering() if frame.instance is not None and frame.instance.status is Status.RELEASED:
                frame.error_instance = replace(frame.instance, status=Status.HELD, released_at=None)
            case UseTask(span=span):
                self._effects.use(frame, span)
            case Gathered(items=items, keeps_exceptions=keeps_exceptions):
                self._effects.awaken(frame, None)
                frame.env[op.dst] = Display("list", tuple(Ref() if isinstance(i, PendingRef) else i for i in items))
                if len(items) > 1 and not keeps_exceptions:
                    frame.error_instance = frame.instance and frame.instance.lost()
            case Promise():
                frame.env[op.dst] = Thing(truthy=True)
            case Calm(raises=raises):
                frame.silent, frame.steady = not raises, True
            case Ref() | Derived() | Stack() | Wrapped():
                frame.env[op.dst] = value

    def _yield(self, frame: Frame, op: ops.Yield) -> None:
        value = frame.env.pop(op.src, None)
        if carries(value) and self.context.policy is YieldPolicy.CONSUMER:
            if isinstance(value, UseTask) or (isinstance(value, Derived) and value.kind == "result"):
                return
            self._effects.hand_over(frame)

    def _compute(self, frame: Frame, op: ops.Compute) -> None:
        operands = [frame.env.pop(temp, None) for temp in op.operands]
        result: Value | None = None
        if op.operator == "not":
            result = conditions.negation(operands[0])
        elif op.operator in ("is", "is-not"):
            result = conditions.identity(operands[0], operands[1], negated=op.operator == "is-not")
        elif op.operator in ("==", "!="):
            result = conditions.equality(operands[0], operands[1], negated=op.operator == "!=")
        elif op.operator in ("in", "not-in") and isinstance(operands[1], Namespace):
            name = operands[0].value if isinstance(operands[0], Known) else None
            if isinstance(name, str):
                bound = not isinstance(frame.env.get(name), Unbound)
                result = conditions.boolean(bound is (op.operator == "in"))
        if result is None and self._are_two_objects(op, operands):
            result = conditions.boolean(op.operator in ("is-not", "!="))
        if result is None:
            text = self.context.tested.fact_text(op)
            if text is not None and text in self.context.tested.repeated_facts:
                result = Condition("fact", text)
        if result is not None:
            frame.env[op.dst] = result

    def _are_two_objects(self, op: ops.Compute, operands: list[Value | None]) -> bool:
        """Whether the resource is compared with a variable that does not hold it."""
        if op.operator not in ("is", "is-not", "==", "!=") or Ref not in map(type, operands):
            return False
        loads = (self.context.index.definition(temp) for temp in op.operands)
        others = [load for load, value in zip(loads, operands) if not carries(value)]
        return len(others) == 1 and isinstance(others[0], ops.Load)

    def _build(self, frame: Frame, op: ops.Build) -> None:
        items = tuple(self._resolved(frame, frame.env.pop(temp, None)) for temp in op.items)
        starred = any(op.stars)
        if any(isinstance(item, Wrapped | WrappedMethod) for item in items):
            self._effects.hand_over(frame)
            return
        if any(item is not None for item in items) and len(items) <= _DISPLAY_LIMIT:
            frame.env[op.dst] = Display("dict" if starred else op.kind, items)
        elif any(carries(item) for item in items):
            self._effects.hand_over(frame)

    def _resolved(self, frame: Frame, value: Value | None) -> Value | None:
        """What a path holds now, since what is built from it does not follow its later changes."""
        if isinstance(value, Path):
            return frame.env.get(value.text)
        return None if isinstance(value, Condition | Namespace | Unbound) else value

    def _append(self, frame: Frame, op: ops.Append) -> None:
        if carries(frame.env.pop(op.src, None)):
            self._effects.hand_over(frame)

    def _unpack(self, frame: Frame, op: ops.Unpack) -> None:
        value = frame.env.pop(op.src, None)
        if isinstance(value, Display) and op.star is None and len(value.items) == len(op.dsts) and value.kind != "dict":
            for dst, item in zip(op.dsts, value.items):
                if item is not None:
                    frame.env[dst] = item
            frame.silent = True
        elif refers(value):
            self._effects.hand_over(frame)

    def _make_function(self, frame: Frame, op: ops.MakeFunction) -> None:
        frame.env[op.dst] = Closure(op.unit)

    def _enter(self, frame: Frame, op: ops.Enter) -> None:
        value = frame.env.get(op.manager)
        match value:
            case PendingRef():
                self._effects.awaken(frame, op.dst)
                frame.env[op.manager] = Managed()
                frame.error_instance = frame.instance and frame.instance.gone()
            case Ref() | Closing() | Lent():
                frame.env[op.dst] = Ref()
                frame.silent = True
            case Wrapped(keeper=keeper):
                if dict(keeper.methods).get("__aexit__" if op.is_async else "__exit__") is None:
                    self._effects.hand_over(frame)
                else:
                    frame.env[op.dst] = value
                    frame.env[op.manager] = Managed()
                    frame.silent = True
            case Stack():
                frame.env[op.dst] = value
                frame.silent = True
            case Promise():
                frame.env[op.dst] = Thing(truthy=True)
            case Suppressor() | Thing():
                frame.silent = True
            case Derived(kind="result" | "constructor"):
                # A manager made around the resource by unseen code: most likely it closes what it was given.
                self._effects.hand_over(frame)

    def _exit(self, frame: Frame, op: ops.Exit) -> None:
        value = frame.env.pop(op.manager, None)
        frame.manager = value
        match value:
            case Managed():
                self._effects.release(frame, settled=True, at=op.span)
                frame.silent = True
            case Ref():
                self._leave_with(frame, op)
                frame.silent = True
            case Closing():
                if op.is_async:  # aclosing awaits it
                    self._effects.release(frame, settled=True, at=op.span)
                else:
                    self._effects.method(frame, "close", op.span, dst=None)
                frame.silent = True
            case Stack():
                if self._effects.deferred.runs_release(frame.env, value):
                    self._effects.release(frame, settled=True, at=op.span)
                self._effects.deferred.mark(frame, value, owes=False)
                frame.silent = True
            case Lent() | Suppressor():
                frame.silent = True
            case Derived(idles=True) if frame.instance is not None and frame.instance.status is Status.HELD:
                frame.instance = frame.error_instance = replace(frame.instance, engaged=False)

    def _leave_with(self, frame: Frame, op: ops.Exit) -> None:
        """``with conn:`` on a value that was acquired before: the driver's facts decide."""
        target = self.target
        if target is None or frame.instance is None or frame.instance.status is not Status.HELD:
            return
        on_with = target.resource.on_with
        if on_with is OnWith.RELEASES:
            self._effects.release(frame, settled=True, at=op.span)
        elif on_with is OnWith.ENDS_TRANSACTION:
            frame.blame(CauseKind.WITH, op.span)
        elif on_with is OnWith.CLOSES_ONLY:
            frame.blame(CauseKind.WRONG, op.span)

    def _iterate(self, frame: Frame, op: ops.Iterate) -> None:
        value = frame.env.pop(op.src, None)
        if isinstance(value, Display) and value.kind != "dict":
            frame.env[op.dst] = Iteration(value.items, 0)
            frame.silent = True
        elif op.nonempty:
            frame.env[op.dst] = Iteration(None, 0)

    def outcomes_of_next(self, frame: Frame, op: ops.Next) -> dict[bool, dict[Key, Value]]:
        value = frame.env.get(op.iterator)
        if not isinstance(value, Iteration):
            return {True: frame.env, False: frame.env}
        env = dict(frame.env)
        if value.items is None:
            del env[op.iterator]
            return {True: env}
        frame.silent = True
        if value.position == len(value.items):
            return {False: env}
        item = value.items[value.position]
        env[op.iterator] = Iteration(value.items, value.position + 1)
        if item is not None:
            env[op.dst] = item
        return {True: env}

    def _leave_unit(self, frame: Frame, op: ops.Leave) -> None:
        if op.keyword == "end":
            # A `return` whose `finally` raised, and that was swallowed further out: its value goes nowhere.
            frame.env.pop("$return", None)

    def _copy(self, frame: Frame, op: ops.Copy) -> None:
        value = frame.env.pop(op.src, None)
        if value is not None and (op.dst not in self.context.only_handed or carries(value)):
            frame.env[op.dst] = value

    def _match_test(self, frame: Frame, op: ops.MatchTest) -> None:
        subject = frame.env.get(op.subject)
        result: Value | None = None
        if op.pattern == "none":
            result = conditions.identity(subject, conditions.NONE, negated=False)
        elif op.pattern in ("true", "false"):
            result = conditions.equality(subject, conditions.boolean(op.pattern == "true"), negated=False)
        elif op.pattern == "value":
            result = conditions.equality(subject, Known.of(op.constant), negated=False)
        if result is not None:
            frame.env[op.dst] = result

    def solid(self, env: dict[Key, Value]) -> dict[Key, Value]:
        """What a test taught, where it can matter again. What stands in for the resource is None or true."""
        again = self.context.tested.repeated_facts
        solid = {key: v for key, v in env.items() if not (isinstance(key, str) and key[0] == "?" and key not in again)}
        for name in self.context.tested.stand_ins:
            value = solid.get(name)
            if isinstance(value, Falsy):
                solid[name] = conditions.NONE
            elif isinstance(value, Thing):
                solid[name] = Thing(truthy=True)
        return solid


_TAKING_NOTHING = frozenset({ops.Branch, ops.Next, ops.Load, ops.Const})
"""Ops that take no value out of an environment, or whose edges tell what they take."""

_HANDLERS: dict[type, Callable[[OpEffects, Frame, Any], None]] = {
    ops.Load: OpEffects._load, ops.Store: OpEffects._store, ops.Delete: OpEffects._delete, ops.Const: OpEffects._const,
    ops.Attr: OpEffects._attr, ops.SetAttr: OpEffects._set_attr, ops.Item: OpEffects._item, ops.SetItem: OpEffects._set_item,
    ops.Call: OpEffects._call, ops.Await: OpEffects._await, ops.Yield: OpEffects._yield, ops.Compute: OpEffects._compute,
    ops.Build: OpEffects._build, ops.Append: OpEffects._append, ops.Unpack: OpEffects._unpack,
    ops.MakeFunction: OpEffects._make_function, ops.Enter: OpEffects._enter, ops.Exit: OpEffects._exit,
    ops.Iterate: OpEffects._iterate, ops.Leave: OpEffects._leave_unit, ops.Copy: OpEffects._copy, ops.MatchTest: OpEffects._match_test,
}  # fmt: skip
