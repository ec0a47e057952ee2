"""Conditions: ``if``, conditional expressions, ``and``/``or``/``not``, chained comparisons."""

from __future__ import annotations

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.lower.context import UnitLowering
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.source.span import Span

_COMPARISONS = {
    cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.GreaterThan: ">", cst.LessThanEqual: "<=",
    cst.GreaterThanEqual: ">=", cst.Is: "is", cst.IsNot: "is-not", cst.In: "in", cst.NotIn: "not-in",
}  # fmt: skip


def lower_test(unit: UnitLowering, node: cst.BaseExpression, when_true: int, when_false: int) -> None:
    """Branch on an expression; ``and``, ``or`` and ``not`` become control flow, constants no branch at all."""
    from pgleak_lint.cfg.lower.expressions import lower_expression

    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        lower_test(unit, node.expression, when_false, when_true)
    elif isinstance(node, cst.BooleanOperation):
        middle = unit.builder.new_block()
        if isinstance(node.operator, cst.And):
            lower_test(unit, node.left, middle, when_false)
        else:
            lower_test(unit, node.left, when_true, middle)
        unit.builder.current = middle
        lower_test(unit, node.right, when_true, when_false)
    elif (constant := _constant_truth(node)) is not None:
        unit.builder.jump(when_true if constant else when_false)
    else:
        test = lower_expression(unit, node)
        unit.builder.branch(ops.Branch(test, unit.span(node)), when_true, when_false)


def _constant_truth(node: cst.BaseExpression) -> bool | None:
    if isinstance(node, cst.Name) and node.value in ("True", "False", "None"):
        return node.value == "True"
    if isinstance(node, cst.Integer):
        return node.value.strip("0xXoObB_") != ""
    return None


def lower_if(unit: UnitLowering, node: cst.If) -> None:
    """A chain of ``if``/``elif``/``else``, in a loop and not by recursion: chains can be thousands long."""
    from pgleak_lint.cfg.lower.statements import lower_suite

    after = unit.builder.new_block()
    while True:
        body, otherwise = unit.builder.new_block(), unit.builder.new_block()
        lower_test(unit, node.test, body, otherwise)
        unit.builder.current = body
        lower_suite(unit, node.body)
        unit.builder.jump(after)
        unit.builder.current = otherwise
        if isinstance(node.orelse, cst.If):
            node = node.orelse
            continue
        if node.orelse is not None:
            lower_suite(unit, node.orelse.body)
        break
    unit.builder.jump(after)
    unit.builder.current = after


def lower_conditional(unit: UnitLowering, node: cst.IfExp) -> Temp:
    """``a if test else b``."""
    from pgleak_lint.cfg.lower.expressions import lower_expression

    builder = unit.builder
    first, second, after, result = builder.new_block(), builder.new_block(), builder.new_block(), unit.temp()
    lower_test(unit, node.test, first, second)
    for block, arm in ((first, node.body), (second, node.orelse)):
        builder.current = block
        unit.emit(ops.Copy(result, lower_expression(unit, arm), unit.span(arm)))
        builder.jump(after)
    builder.current = after
    return result


def lower_boolean(unit: UnitLowering, node: cst.BooleanOperation) -> Temp:
    """``a and b`` or ``a or b`` as a value: the first operand, unless it lets the second one decide."""
    from pgleak_lint.cfg.lower.expressions import lower_expression

    builder, span = unit.builder, unit.span(node.left)
    kept = unit.keep(lower_expression(unit, node.left), "b", span)
    first, second, after, result = builder.new_block(), builder.new_block(), builder.new_block(), unit.temp()
    ways = (second, first) if isinstance(node.operator, cst.And) else (first, second)
    builder.branch(ops.Branch(unit.load(kept, span), span), *ways)
    builder.current = first
    unit.emit(ops.Copy(result, unit.load(kept, span), span))
    builder.jump(after)
    builder.current = second
    unit.emit(ops.Copy(result, lower_expression(unit, node.right), unit.span(node.right)))
    builder.jump(after)
    builder.current = after
    unit.emit(ops.Delete(kept, span))
    return result


def lower_comparison(unit: UnitLowering, node: cst.Comparison) -> Temp:
    """``a < b``, and ``a < b < c`` with its short circuit; the middle operand is evaluated once."""
    from pgleak_lint.cfg.lower.expressions import lower_expression

    left, span = lower_expression(unit, node.left), unit.span(node)
    if len(node.comparisons) == 1:
        return _compare(unit, left, node.comparisons[0], lower_expression(unit, node.comparisons[0].comparator), span)
    builder, result, after, kept = unit.builder, unit.temp(), unit.builder.new_block(), []
    for target in node.comparisons[:-1]:
        right = unit.keep(lower_expression(unit, target.comparator), "cmp", unit.span(target.comparator))
        kept.append(right)
        answer = unit.keep(_compare(unit, left, target, unit.load(right, span), span), "cmp", span)
        kept.append(answer)
        going_on, decided = builder.new_block(), builder.new_block()
        builder.branch(ops.Branch(unit.load(answer, span), span), going_on, decided)
        builder.current = decided
        unit.emit(ops.Copy(result, unit.load(answer, span), span))
        builder.jump(after)
        builder.current = going_on
        left = unit.load(right, span)
    last = node.comparisons[-1]
    final = _compare(unit, left, last, lower_expression(unit, last.comparator), span)
    unit.emit(ops.Copy(result, final, span))
    builder.jump(after)
    builder.current = after
    for name in kept:
        unit.emit(ops.Delete(name, span))
    return result


def _compare(unit: UnitLowering, left: Temp, target: cst.ComparisonTarget, right: Temp, span: Span) -> Temp:
    temp = unit.temp()
    unit.emit(ops.Compute(temp, _COMPARISONS[type(target.operator)], (left, right), span))
    return temp
