"""Which ops may raise what, and which handlers stop which exceptions. Python's own rules, as tables."""

from __future__ import annotations

import builtins
import enum
from collections.abc import Sequence

from pgleak_lint.cfg.graph import EdgeKind


class Match(enum.Enum):
    """Whether a handler stops an exception."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


_ONLY = {
    EdgeKind.CANCELLATION: ("CancelledError", "Cancelled"),
    EdgeKind.GENERATOR_CLOSE: ("GeneratorExit",),
    EdgeKind.SYSTEM_EXIT: ("SystemExit", "KeyboardInterrupt"),
}


def catches(types: Sequence[str | None] | None, kind: EdgeKind, raised: str | None) -> Match:
    """Whether a handler for ``types`` (dotted source names, None for an expression; None for a bare ``except``) stops
    an exception of that kind; ``raised`` is its class where known."""
    if types is None:
        return Match.YES
    answers = [_catches_one(name, kind, raised) for name in types]
    return Match.YES if Match.YES in answers else Match.MAYBE if Match.MAYBE in answers else Match.NO


def _catches_one(name: str | None, kind: EdgeKind, raised: str | None) -> Match:
    if name is None:
        return Match.MAYBE if kind is EdgeKind.EXCEPTION else Match.NO
    last = name.rpartition(".")[2]
    if last == "BaseException":
        return Match.YES
    if kind is not EdgeKind.EXCEPTION:
        return Match.YES if last in _ONLY[kind] else Match.NO
    if last == "Exception":
        return Match.YES
    if any(last in names for names in _ONLY.values()):
        return Match.NO
    if raised is None:
        return Match.MAYBE
    caught, thrown = _builtin_exception(name), _builtin_exception(raised)
    if caught is not None and thrown is not None:
        return Match.YES if issubclass(thrown, caught) else Match.NO
    return Match.YES if raised == name else Match.MAYBE


def _builtin_exception(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
