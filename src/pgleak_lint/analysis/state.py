"""Worlds: one feasible combination of what variables hold and what became of the tracked resource.

A world follows *one* instance of *one* acquire site, from the moment the acquire completes. When the site runs again
in a loop while that instance is held, the second instance is none of this world's business (another world starts there).
So aliases are simply the variables that hold `Ref`, and losing the last of them is losing the resource.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Union

from pgleak_lint._record import record
from pgleak_lint.analysis.values import Path, Unbound, Value
from pgleak_lint.source.span import Span

Key = Union[str, int]
"""A variable or dotted path (str), or a temp (int)."""


class Status(enum.Enum):
    """The typestate of the tracked resource."""

    PENDING = "pending"
    """The acquire is neither awaited nor entered: nothing is owed."""
    HELD = "held"
    LOST = "lost"
    """Held, and nothing leads to it any more."""
    RELEASED = "released"
    GONE = "gone"
    """Ownership moved on, or nothing can be said any more."""


class CauseKind(enum.Enum):
    """Something that looked like a release and was none."""

    UNAWAITED = "unawaited"
    WITH = "with"
    WRONG = "wrong"


@record
class Cause:
    """``span`` is the call or context manager that did not release."""

    kind: CauseKind
    span: Span


@record
class Instance:
    """The tracked resource.

    ``named``: a variable held it at some time. ``engaged``: it holds something (a lazy session does only after its first
    query). ``settled``: the release certainly took effect (it did not raise), so a second one is a fault.
    ``released_at`` is the call that released it. ``kept``: an object that is being made keeps it, which counts once it is made.
    """

    status: Status
    named: bool = False
    engaged: bool = True
    settled: bool = True
    cause: Cause | None = None
    released_at: Span | None = None
    kept: bool = False

    def with_name(self) -> Instance:
        """A variable holds it."""
        return self if self.named else replace(self, named=True)

    def lost(self) -> Instance:
        """Nothing leads to it any more."""
        return replace(self, status=Status.LOST) if self.status is Status.HELD else self

    def gone(self) -> Instance:
        """Ownership moved on."""
        return replace(self, status=Status.GONE)

    def because(self, cause: Cause) -> Instance:
        """Something looked like a release and was none."""
        return replace(self, cause=cause)


@record
class World:
    """``instance`` is None before the acquire. ``facts`` is the environment. ``blurred``: knowledge was given up because
    there were too many worlds, so nothing is reported from here."""

    instance: Instance | None
    facts: frozenset[tuple[Key, Value]]
    blurred: bool = False

    def environment(self) -> dict[Key, Value]:
        """A copy to work on."""
        return dict(self.facts)


EMPTY = World(None, frozenset())


def make_world(instance: Instance | None, environment: Mapping[Key, Value], *, blurred: bool = False) -> World:
    """A world from a working copy."""
    return World(instance, frozenset(environment.items()), blurred)


_MISSED = Unbound(missed=True)


def without_temps(environment: Mapping[Key, Value]) -> dict[Key, Value]:
    """What is left of an environment when an exception ends the evaluation of the statement."""
    return {
        key: _MISSED if type(value) is Unbound else value for key, value in environment.items() if isinstance(key, str)
    }


def keys_under(environment: Iterable[Key], name: str) -> list[Key]:
    """The paths that go through ``name`` (``self.conn.x`` and the opaque tests on it for ``self.conn``)."""
    starts = (name, "?")
    found = [key for key in environment if isinstance(key, str) and key.startswith(starts)]  # most keys are others
    dotted = name + "."
    return [k for k in found if k == name or k.startswith(dotted) or (k[0] == "?" and mentions(k, name))]


def forget(environment: dict[Key, Value], name: str) -> None:
    """``name`` is about to be bound: what was known of it, and through it, is not any more."""
    part(environment, name)
    for key in keys_under(environment, name):
        del environment[key]


def part(environment: dict[Key, Value], name: str) -> None:
    """``name`` is about to be bound: what is the same as it now keeps what was known, and learns no more of it."""
    if Path not in map(type, environment.values()):
        return
    same = [(key, value.text) for key, value in environment.items() if isinstance(value, Path) and isinstance(key, str)]
    for key, path in same:
        if path == name or path.startswith(name + "."):
            known = environment.get(path)
            if known is None:
                del environment[key]
            else:
                environment[key] = known


def mentions(fact: str, name: str) -> bool:
    """Whether an opaque test's text (``?a > b.c``) reads ``name``."""
    return name in fact.split()
