"""``with`` and ``async with``: items are entered in order and left in the opposite one, on every way out."""

from __future__ import annotations

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.lower.context import UnitLowering
from pgleak_lint.cfg.lower.continuations import WithFrame


def lower_with(unit: UnitLowering, node: cst.With) -> None:
    """One frame for each item; an item that fails to enter leaves through those before it."""
    from pgleak_lint.cfg.lower.expressions import lower_expression
    from pgleak_lint.cfg.lower.statements import lower_assignment, lower_suite

    builder, is_async, frames = unit.builder, node.asynchronous is not None, list[WithFrame]()
    for item in node.items:
        span = unit.span(item.item)
        manager, temp = unit.keep(lower_expression(unit, item.item), "with", span), unit.temp()
        unit.emit(ops.Enter(temp, manager, is_async, span))
        frame = WithFrame(unit.frame, manager=manager, is_async=is_async, span=span, after=builder.new_block())
        frames.append(frame)
        unit.frame = frame
        if item.asname is not None:
            lower_assignment(unit, item.asname.name, temp)
        else:
            unit.emit(ops.Drop(temp, span))
    lower_suite(unit, node.body)
    # What an inner item swallows leaves the outer ones the normal way: `with a, b:` is `with a:` around `with b:`.
    for frame in reversed(frames):
        unit.leave(frame.outer, frame.after)
        unit.frame = frame.outer
        builder.current = frame.after
