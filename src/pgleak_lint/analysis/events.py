"""What following the paths of one acquire site brought to light."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

from pgleak_lint._record import record
from pgleak_lint.analysis.pools import Taking
from pgleak_lint.analysis.state import World
from pgleak_lint.analysis.types import Function, Keeper, Place
from pgleak_lint.cfg.graph import ExitKind
from pgleak_lint.cfg.ops import Op
from pgleak_lint.source.span import Span


@record
class LeftHeld:
    """The unit is left by ``exit`` while the resource is held; ``block`` is the exit block."""

    exit: ExitKind
    block: int
    world: World


@record
class Lost:
    """``op`` took away the last way to reach the held resource. ``block`` and ``world`` are where its block was entered,
    ``after`` what was known of the resource then."""

    op: Op
    block: int
    world: World
    after: World


@record
class Reused:
    """The call at ``span`` (or the coroutine made there) uses the released resource, or releases it again (``again``)."""

    span: Span
    again: bool
    block: int
    world: World
    released_at: Span | None


@record
class Nested:
    """The call at ``span`` takes another connection from the pool while the resource, which came from it, is held."""

    span: Span
    taking: Taking
    block: int
    world: World


Event = Union[LeftHeld, Lost, Reused, Nested]


@dataclass(slots=True)
class Log:
    """``events`` in the order of discovery, without repeats. ``released``: some path gave it back; ``moved``: some path
    handed it over; ``returned``: some path returned it as it was acquired (``pending``: neither awaited nor entered),
    ``returned_in`` an object that keeps it, ``returned_at`` that place of a tuple;
    ``raised``: some path leaves by an exception; ``unasked``: functions by whose exceptions some path may leave, too (None: all were
    asked); ``stored``: the attributes of the method's object that it is stored in."""

    events: dict[Event, None] = field(default_factory=dict)
    released: bool = False
    moved: bool = False
    returned: bool = False
    returned_pending: bool = False
    returned_in: Keeper | None = None
    returned_at: Place | None = None
    raised: bool = False
    unasked: set[Function] | None = None
    stored: set[str] = field(default_factory=set)

    def add(self, event: Event) -> None:
        self.events.setdefault(event, None)
