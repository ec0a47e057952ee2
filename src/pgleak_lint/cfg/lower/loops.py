"""``while``, ``for``, and the loops inside comprehensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.lower.branches import lower_test
from pgleak_lint.cfg.lower.context import UnitLowering
from pgleak_lint.cfg.lower.continuations import LoopFrame, exceptional_target
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.cfg.raising import kinds_of


def lower_while(unit: UnitLowering, node: cst.While) -> None:
    """``while`` with its ``else``."""
    from pgleak_lint.cfg.lower.statements import lower_suite

    builder = unit.builder
    head, body, ended, after = (builder.new_block() for _ in range(4))
    builder.jump(head)
    builder.current = head
    lower_test(unit, node.test, body, ended)
    saved, unit.frame = unit.frame, LoopFrame(unit.frame, on_break=after, on_continue=head)
    builder.current = body
    lower_suite(unit, node.body)
    builder.jump(head)
    unit.frame = saved
    builder.current = ended
    if node.orelse is not None:
        lower_suite(unit, node.orelse.body)
    builder.jump(after)
    builder.current = after


def lower_for(unit: UnitLowering, node: cst.For) -> None:
    """``for`` and ``async for`` with their ``else``."""
    from pgleak_lint.cfg.lower.statements import lower_assignment, lower_suite

    builder, is_async = unit.builder, node.asynchronous is not None
    iterator, literal = _lower_iterable(unit, node.iter, is_async=is_async)
    head, body, ended, broken, after = (builder.new_block() for _ in range(5))
    builder.jump(head)
    builder.current = head
    element = _lower_next(unit, iterator, node.iter, body, ended, is_async=is_async, literal=literal)
    lower_assignment(unit, node.target, element)
    saved, unit.frame = unit.frame, LoopFrame(unit.frame, on_break=broken, on_continue=head)
    lower_suite(unit, node.body)
    builder.jump(head)
    unit.frame = saved
    builder.current = broken
    unit.emit(ops.Delete(iterator, unit.span(node.iter)))
    builder.jump(after)
    builder.current = ended
    unit.emit(ops.Delete(iterator, unit.span(node.iter)))
    if node.orelse is not None:
        lower_suite(unit, node.orelse.body)
    builder.jump(after)
    builder.current = after


def _lower_iterable(unit: UnitLowering, node: cst.BaseExpression, *, is_async: bool) -> tuple[str, bool]:
    """The pseudo-variable of the iterator, and whether iterating can't fail."""
    from pgleak_lint.cfg.lower.expressions import lower_expression

    source, temp, span = lower_expression(unit, node), unit.temp(), unit.span(node)
    literal, nonempty = _is_literal(node), _is_nonempty(node)
    unit.emit(ops.Iterate(temp, source, is_async, span, nonempty, literal))
    return unit.keep(temp, "iter", span), literal


def _is_literal(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.List | cst.Tuple | cst.Set) or _range_length(node) is not None


def _is_nonempty(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.List | cst.Tuple | cst.Set):
        return any(not isinstance(element, cst.StarredElement) for element in node.elements)
    return (_range_length(node) or 0) > 0


def _range_length(node: cst.BaseExpression) -> int | None:
    """``n`` of ``range(n)`` with a literal."""
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "range"):
        return None
    if len(node.args) != 1 or not isinstance(node.args[0].value, cst.Integer):
        return None
    try:
        return node.args[0].value.evaluated_value
    except ValueError:
        return None


def _lower_next(
    unit: UnitLowering,
    iterator: str,
    node: cst.BaseExpression,
    body: int,
    ended: int,
    *,
    is_async: bool,
    literal: bool,
) -> Temp:
    """The next element, in a temp, in the block ``body``."""
    builder, temp = unit.builder, unit.temp()
    op = ops.Next(temp, iterator, is_async, unit.span(node), literal)
    block = builder.current
    builder.branch(op, body, ended)
    for kind in kinds_of(op):
        builder.add_edge(block, exceptional_target(unit, unit.frame, kind, None), kind)
    builder.current = body
    return temp


def lower_comprehension(
    unit: UnitLowering,
    node: cst.ListComp | cst.SetComp | cst.DictComp,
    kind: str,
    elements: Sequence[cst.BaseExpression],
) -> Temp:
    """A display that a loop in the same graph fills."""
    from pgleak_lint.cfg.lower.expressions import lower_expression

    span, temp = unit.span(node), unit.temp()
    unit.emit(ops.Build(temp, kind, (), (), span))
    result = unit.keep(temp, "comp", span)

    def add() -> None:
        for element in elements:
            unit.emit(ops.Append(result, lower_expression(unit, element), span))

    lower_comp_for(unit, node.for_in, add)
    value = unit.load(result, span)
    unit.emit(ops.Delete(result, span))
    return value


def lower_comp_for(
    unit: UnitLowering, node: cst.CompFor, lower_element: Callable[[], None], iterator: str | None = None
) -> None:
    """One ``for`` of a comprehension and those inside it. ``iterator``: it was made elsewhere already."""
    from pgleak_lint.cfg.lower.statements import lower_assignment

    builder, is_async = unit.builder, node.asynchronous is not None
    literal = False
    if iterator is None:
        iterator, literal = _lower_iterable(unit, node.iter, is_async=is_async)
    head, body, ended = (builder.new_block() for _ in range(3))
    builder.jump(head)
    builder.current = head
    element = _lower_next(unit, iterator, node.iter, body, ended, is_async=is_async, literal=literal)
    with unit.renaming(node.target, list(_target_names(node.target))):
        lower_assignment(unit, node.target, element)
        for condition in node.ifs:
            passed = builder.new_block()
            lower_test(unit, condition.test, passed, head)
            builder.current = passed
        if node.inner_for_in is not None:
            lower_comp_for(unit, node.inner_for_in, lower_element)
        else:
            lower_element()
    builder.jump(head)
    builder.current = ended
    unit.emit(ops.Delete(iterator, unit.span(node.iter)))


def _target_names(target: cst.CSTNode) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, cst.Tuple | cst.List):
        for element in target.elements:
            yield from _target_names(element.value)
