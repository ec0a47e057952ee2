"""What may raise, and which handlers stop what. Python's own rules, as tables."""

from __future__ import annotations

import builtins
import enum
from collections.abc import Sequence

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EdgeKind

_EXCEPTION = (EdgeKind.EXCEPTION,)
_AWAITING = (EdgeKind.EXCEPTION, EdgeKind.CANCELLATION)
_YIELDING = (EdgeKind.EXCEPTION, EdgeKind.GENERATOR_CLOSE)


def kinds_of(op: ops.Op) -> tuple[EdgeKind, ...]:
    """The kinds of exceptions with which an op may end. `Raise` is none of these: its kind is in its text.

    Names, attributes, constants, comparisons, arithmetic, displays and assignments are taken not to raise.
    """
    match op:
        case ops.Call() | ops.Item() | ops.DelItem() | ops.Import():
            return _EXCEPTION
        case ops.Await():
            return _AWAITING
        case ops.Yield():
            return _YIELDING
        case ops.Unpack(literal=False):
            return _EXCEPTION
        case ops.Iterate(literal=False):
            return _EXCEPTION
        case ops.Next(literal=False, is_async=is_async) | ops.Enter(is_async=is_async) | ops.Exit(is_async=is_async):
            return _AWAITING if is_async else _EXCEPTION
    return ()


class Match(enum.Enum):
    """Whether a handler stops an exception."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


_CLASSES = {
    EdgeKind.CANCELLATION: ("CancelledError", "Cancelled"),
    EdgeKind.GENERATOR_CLOSE: ("GeneratorExit",),
    EdgeKind.SYSTEM_EXIT: ("SystemExit", "KeyboardInterrupt"),
}


def kind_of_class(name: str | None) -> EdgeKind:
    """The kind of exception that raising that class is."""
    last = (name or "").rpartition(".")[2]
    return next((kind for kind, names in _CLASSES.items() if last in names), EdgeKind.EXCEPTION)


def catches(types: Sequence[str | None] | None, kind: EdgeKind, raised: str | None) -> Match:
    """Whether a handler for ``types`` (dotted source names, None for any other expression; None for a bare ``except``) stops
    an exception of that kind; ``raised`` is its class where known."""
    if types is None:
        return Match.YES
    answers = {_catches_one(name, kind, raised) for name in types}
    return next((answer for answer in (Match.YES, Match.MAYBE) if answer in answers), Match.NO)


def _catches_one(name: str | None, kind: EdgeKind, raised: str | None) -> Match:
    if name is None:
        return Match.MAYBE if kind is EdgeKind.EXCEPTION else Match.NO
    last = name.rpartition(".")[2]
    if last == "BaseException":
        return Match.YES
    if kind is not EdgeKind.EXCEPTION:
        return Match.YES if last in _CLASSES[kind] else Match.NO
    if last == "Exception":
        return Match.YES
    if kind_of_class(name) is not EdgeKind.EXCEPTION:
        return Match.NO
    if raised is None:
        return Match.MAYBE
    caught, thrown = _builtin_exception(name), _builtin_exception(raised)
    if caught is not None and thrown is not None:
        if issubclass(thrown, caught):
            return Match.YES
        # A handler that raises again names the class it caught: what is under way may be a subclass of that.
        return Match.MAYBE if issubclass(caught, thrown) else Match.NO
    return Match.YES if raised == name else Match.MAYBE


def _builtin_exception(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
