"""What encloses a statement, and what runs on the way out of it.

Frames form a list from the inside out. Leaving by a jump (`unwind`) lowers each ``finally`` and each context manager's exit
anew; leaving by an exception (`exceptional_target`) goes to one block per frame, kind and known class, made on demand.
So a ``finally`` is lowered once per way of leaving, and no way is ever mixed up with another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from pgleak_lint._record import record
from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EdgeKind, ExitKind
from pgleak_lint.cfg.raising import Match, catches, kinds_of
from pgleak_lint.source.span import NO_SPAN, Span

if TYPE_CHECKING:
    from pgleak_lint.cfg.lower.context import UnitLowering

MOST_CLASSES = 4
"""Known exception classes that one frame tells apart; more are treated as unknown."""

_EXITS = {
    EdgeKind.EXCEPTION: ExitKind.EXCEPTION,
    EdgeKind.CANCELLATION: ExitKind.CANCELLATION,
    EdgeKind.GENERATOR_CLOSE: ExitKind.GENERATOR_CLOSE,
    EdgeKind.SYSTEM_EXIT: ExitKind.PROCESS_END,
}


@dataclass(slots=True, eq=False)
class Frame:
    """``outer`` is the next frame outwards; ``targets`` the blocks that exceptions of a kind and class go to."""

    outer: Frame | None
    targets: dict[tuple[EdgeKind, str | None], int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class LoopFrame(Frame):
    """Where ``break`` and ``continue`` go."""

    on_break: int = -1
    on_continue: int = -1


@record
class Handler:
    """One ``except`` clause; ``types`` is None for a bare one."""

    types: Sequence[str | None] | None
    node: cst.ExceptHandler | cst.ExceptStarHandler


@dataclass(slots=True, eq=False)
class TryFrame(Frame):
    """The body of a ``try`` with handlers; behind them control goes on at ``after``."""

    handlers: Sequence[Handler] = ()
    after: int = -1
    entries: dict[tuple[int, EdgeKind, str | None], int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class FinallyFrame(Frame):
    """A ``try`` with a ``finally`` whose body is ``body``."""

    body: cst.BaseSuite | None = None


@dataclass(slots=True, eq=False)
class WithFrame(Frame):
    """The body of a ``with`` item; behind the whole statement control goes on at ``after``."""

    manager: str = ""
    is_async: bool = False
    span: Span = NO_SPAN
    after: int = -1


@dataclass(slots=True, eq=False)
class HandlerFrame(Frame):
    """The body of a handler: what a bare ``raise`` raises again, and ``raise name`` too."""

    kind: EdgeKind = EdgeKind.EXCEPTION
    raised: str | None = None
    name: str | None = None


def unwind(unit: UnitLowering, stop: Frame | None) -> None:
    """Lower what runs when a jump leaves all frames inside ``stop``."""
    from pgleak_lint.cfg.lower.statements import lower_suite

    saved = frame = unit.frame
    while frame is not stop and frame is not None and unit.builder.current is not None:
        unit.frame = frame.outer
        if isinstance(frame, FinallyFrame) and frame.body is not None:
            lower_suite(unit, frame.body)
        elif isinstance(frame, WithFrame):
            unit.emit(ops.Exit(frame.manager, frame.is_async, False, frame.span))
        frame = frame.outer
    unit.frame = saved


def exceptional_target(unit: UnitLowering, frame: Frame | None, kind: EdgeKind, raised: str | None) -> int:
    """The block where an exception of that kind (and known class) goes from inside ``frame``."""
    while isinstance(frame, LoopFrame | HandlerFrame):
        frame = frame.outer
    if frame is None:
        return unit.builder.exits[_EXITS[kind]]
    if raised is not None and (kind, raised) not in frame.targets and len(frame.targets) >= MOST_CLASSES:
        raised = None
    if (kind, raised) not in frame.targets:
        block = frame.targets[kind, raised] = unit.builder.new_block()
        with unit.elsewhere(frame.outer, block):
            _fill(unit, frame, kind, raised, block)
    return frame.targets[kind, raised]


def _fill(unit: UnitLowering, frame: Frame, kind: EdgeKind, raised: str | None, block: int) -> None:
    builder = unit.builder
    match frame:
        case FinallyFrame(body=body) if body is not None:
            from pgleak_lint.cfg.lower.statements import lower_suite

            lower_suite(unit, body)
            if builder.current is not None:
                builder.jump(exceptional_target(unit, frame.outer, kind, raised))
        case WithFrame():
            _fill_exit(unit, frame, kind, raised, block)
        case TryFrame():
            _fill_dispatch(unit, frame, kind, raised, block)


def _fill_exit(unit: UnitLowering, frame: WithFrame, kind: EdgeKind, raised: str | None, block: int) -> None:
    op = ops.Exit(frame.manager, frame.is_async, True, frame.span)
    unit.builder.emit(op)
    unit.builder.add_edge(block, frame.after, EdgeKind.SWALLOW)
    unit.builder.add_edge(block, exceptional_target(unit, frame.outer, kind, raised), kind, raised)
    for other in kinds_of(op):
        if other is EdgeKind.CANCELLATION and kind is not EdgeKind.CANCELLATION:
            unit.builder.add_edge(block, exceptional_target(unit, frame.outer, other, None), other)


def _fill_dispatch(unit: UnitLowering, frame: TryFrame, kind: EdgeKind, raised: str | None, block: int) -> None:
    for handler in frame.handlers:
        is_split = raised == _GROUP and _takes_groups(handler)  # it looks at what is in the group
        match = catches(handler.types, kind, None if is_split else raised)
        if match is Match.NO:
            continue
        unit.builder.add_edge(block, _handler_entry(unit, frame, handler, kind, raised), kind, raised)
        if match is Match.YES:
            return
    unit.builder.add_edge(block, exceptional_target(unit, frame.outer, kind, raised), kind, raised)


def _handler_entry(unit: UnitLowering, frame: TryFrame, handler: Handler, kind: EdgeKind, raised: str | None) -> int:
    """A handler's body is lowered once for each kind and known class that can enter it, so that a bare ``raise`` in it
    raises just that again."""
    from pgleak_lint.cfg.lower.exceptions import lower_handler

    key = (id(handler.node), kind, raised)
    if key not in frame.entries:
        block = frame.entries[key] = unit.builder.new_block()
        known = _GROUP if _takes_groups(handler) else raised or _only_class(handler)
        inside = HandlerFrame(frame.outer, kind=kind, raised=known, name=_caught_name(handler))
        with unit.elsewhere(inside, block):
            lower_handler(unit, handler.node)
            if unit.builder.current is not None:
                unit.builder.jump(frame.after)
    return frame.entries[key]


_GROUP = "ExceptionGroup"
"""What a handler of groups gets, whatever was raised, and raises again."""


def _takes_groups(handler: Handler) -> bool:
    return isinstance(handler.node, cst.ExceptStarHandler)


def _caught_name(handler: Handler) -> str | None:
    name = handler.node.name.name if handler.node.name is not None else None
    return name.value if isinstance(name, cst.Name) else None


def _only_class(handler: Handler) -> str | None:
    """The class that a handler for a single narrow class caught."""
    if handler.types is None or len(handler.types) != 1 or handler.types[0] is None:
        return None
    name = handler.types[0]
    return None if name.rpartition(".")[2] in ("Exception", "BaseException") else name
