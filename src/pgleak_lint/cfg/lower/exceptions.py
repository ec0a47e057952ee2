"""``try`` in all its forms, ``raise`` and ``assert``."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EdgeKind
from pgleak_lint.cfg.lower.branches import lower_test
from pgleak_lint.cfg.lower.context import UnitLowering
from pgleak_lint.cfg.lower.continuations import FinallyFrame, Handler, HandlerFrame, TryFrame
from pgleak_lint.cfg.raising import kind_of_class


def lower_try(unit: UnitLowering, node: cst.Try | cst.TryStar) -> None:
    """``try``/``except``/``else``/``finally``; ``except*`` is taken like ``except``."""
    from pgleak_lint.cfg.lower.statements import lower_suite

    builder, saved = unit.builder, unit.frame
    joined, after = builder.new_block(), builder.new_block()
    if node.finalbody is not None:
        unit.frame = FinallyFrame(saved, body=node.finalbody.body)
    outer = unit.frame
    if node.handlers:
        handlers = [Handler(_handler_types(handler.type), handler) for handler in node.handlers]
        unit.frame = TryFrame(outer, handlers=handlers, after=joined)
    lower_suite(unit, node.body)
    unit.frame = outer
    if node.orelse is not None and builder.current is not None:
        lower_suite(unit, node.orelse.body)
    builder.jump(joined)
    unit.frame = saved
    builder.current = joined
    if node.finalbody is not None:
        lower_suite(unit, node.finalbody.body)
    builder.jump(after)
    builder.current = after


def _handler_types(node: cst.BaseExpression | None) -> Sequence[str | None] | None:
    from pgleak_lint.cfg.lower.expressions import dotted_name

    if node is None:
        return None
    if isinstance(node, cst.Tuple):
        return [None if isinstance(e.value, cst.Call) else dotted_name(e.value) for e in node.elements]
    return [None if isinstance(node, cst.Call) else dotted_name(node)]


def lower_handler(unit: UnitLowering, node: cst.ExceptHandler | cst.ExceptStarHandler) -> None:
    """The body of one ``except`` clause."""
    from pgleak_lint.cfg.lower.statements import lower_suite

    span = unit.span(node.type) if node.type is not None else unit.span(node)
    unit.emit(ops.Catch(unit.text(node.type) if node.type is not None else "", span))
    name = node.name.name if node.name is not None else None
    if isinstance(name, cst.Name):
        temp = unit.temp()
        unit.emit(ops.Unknown(temp, unit.span(name)))
        unit.emit(ops.Store(unit.bind(name.value), temp, unit.span(name)))
    lower_suite(unit, node.body)
    if isinstance(name, cst.Name):
        unit.emit(ops.Delete(unit.variable(name.value), unit.span(name)))


def lower_raise(unit: UnitLowering, node: cst.Raise) -> None:
    """``raise``, with its class where the text shows it; a bare one raises again what its handler caught."""
    from pgleak_lint.cfg.lower.expressions import dotted_name, lower_expression

    if node.exc is None:
        frame = _running_handler(unit, None)
        kind, raised = (frame.kind, frame.raised) if frame is not None else (EdgeKind.EXCEPTION, None)
        unit.emit_raising(ops.Raise(None, unit.span(node)), (kind,), raised=raised, returns=False)
        return
    raised = dotted_name(node.exc)
    kind = kind_of_class(raised)
    if raised is not None and not raised.rpartition(".")[2][:1].isupper():
        raised = None  # a variable: its class is not in the text
    again = _running_handler(unit, node.exc.value) if isinstance(node.exc, cst.Name) else None
    if again is not None:
        kind, raised = again.kind, again.raised
    value = lower_expression(unit, node.exc)
    if node.cause is not None:
        unit.emit(ops.Drop(lower_expression(unit, node.cause.item), unit.span(node.cause.item)))
    unit.emit_raising(ops.Raise(value, unit.span(node)), (kind,), raised=raised, returns=False)


def _running_handler(unit: UnitLowering, name: str | None) -> HandlerFrame | None:
    """The innermost handler around the statement; with ``name``, the innermost that caught its exception as that."""
    frame = unit.frame
    while frame is not None:
        if isinstance(frame, HandlerFrame) and name in (None, frame.name):
            return frame
        frame = frame.outer
    return None


def lower_assert(unit: UnitLowering, node: cst.Assert) -> None:
    """``assert test, message``."""
    from pgleak_lint.cfg.lower.expressions import lower_expression

    holds, fails = unit.builder.new_block(), unit.builder.new_block()
    lower_test(unit, node.test, holds, fails)
    unit.builder.current = fails
    message = lower_expression(unit, node.msg) if node.msg is not None else None
    unit.emit_raising(
        ops.Raise(message, unit.span(node)), (EdgeKind.EXCEPTION,), raised="AssertionError", returns=False
    )
    unit.builder.current = holds
