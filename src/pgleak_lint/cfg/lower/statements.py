"""Statements: simple ones here, compound ones in the modules that they are dispatched to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import ExitKind, UnitKind
from pgleak_lint.cfg.lower.branches import lower_if
from pgleak_lint.cfg.lower.context import UnitLowering
from pgleak_lint.cfg.lower.context_managers import lower_with
from pgleak_lint.cfg.lower.continuations import LoopFrame
from pgleak_lint.cfg.lower.exceptions import lower_assert, lower_raise, lower_try
from pgleak_lint.cfg.lower.expressions import BINARY, dotted_name, lower_defaults, lower_expression, lower_key
from pgleak_lint.cfg.lower.loops import lower_for, lower_while
from pgleak_lint.cfg.lower.patterns import lower_match
from pgleak_lint.cfg.ops import Temp


def lower_suite(unit: UnitLowering, suite: cst.BaseSuite) -> None:
    """The body of a compound statement."""
    if isinstance(suite, cst.SimpleStatementSuite):
        lower_simple(unit, suite.body)
    else:
        lower_body(unit, suite.body)


def lower_body(unit: UnitLowering, body: Sequence[cst.CSTNode]) -> None:
    """A sequence of statement lines."""
    for statement in body:
        if isinstance(statement, cst.SimpleStatementLine):
            lower_simple(unit, statement.body)
        else:
            lower_statement(unit, statement)


def lower_simple(unit: UnitLowering, statements: Sequence[cst.BaseSmallStatement]) -> None:
    """The statements of one line."""
    for statement in statements:
        lower_statement(unit, statement)


def lower_statement(unit: UnitLowering, node: cst.CSTNode) -> None:
    """Any statement."""
    lower = _STATEMENTS.get(type(node))
    if lower is not None:
        lower(unit, node)


def _expression(unit: UnitLowering, node: cst.Expr) -> None:
    unit.emit(ops.Drop(lower_expression(unit, node.value), unit.span(node.value)))


# -- assignment ------------------------------------------------------------------------------------


def lower_assignment(
    unit: UnitLowering,
    target: cst.BaseExpression,
    value: Temp,
    source: cst.BaseExpression | None = None,
    annotation: str | None = None,
) -> None:
    """Bind ``value`` to a target; ``source`` is the expression it came from, where it came directly."""
    span = unit.span(target)
    match target:
        case cst.Name(value=name):
            unit.emit(ops.Store(unit.bind(name), value, span, annotation))
        case cst.Attribute(value=owner, attr=attr):
            unit.emit(ops.SetAttr(lower_expression(unit, owner), attr.value, value, span, annotation))
        case cst.Subscript(value=owner, slice=elements):
            container = lower_expression(unit, owner)
            unit.emit(ops.SetItem(container, lower_key(unit, elements), value, span))
        case cst.Tuple() | cst.List():
            _unpack(unit, target, value, source)
        case cst.StarredElement(value=inner):
            lower_assignment(unit, inner, value)
        case _:
            unit.emit(ops.Drop(value, span))


def _unpack(unit: UnitLowering, target: cst.Tuple | cst.List, value: Temp, source: cst.BaseExpression | None) -> None:
    elements = target.elements
    parts = tuple(unit.temp() for _ in elements)
    star = next((i for i, element in enumerate(elements) if isinstance(element, cst.StarredElement)), None)
    unit.emit(ops.Unpack(parts, value, star, unit.span(target), _fits(elements, star, source)))
    for element, part in zip(elements, parts):
        lower_assignment(unit, element.value, part)


def _fits(elements: Sequence[cst.BaseElement], star: int | None, source: cst.BaseExpression | None) -> bool:
    if star is not None or not isinstance(source, cst.Tuple | cst.List) or len(source.elements) != len(elements):
        return False
    return not any(isinstance(element, cst.StarredElement) for element in source.elements)


def _assign(unit: UnitLowering, node: cst.Assign) -> None:
    value = lower_expression(unit, node.value)
    if len(node.targets) == 1:
        lower_assignment(unit, node.targets[0].target, value, node.value)
        return
    span = unit.span(node.value)
    kept = unit.keep(value, "v", span)
    for target in node.targets:
        lower_assignment(unit, target.target, unit.load(kept, span), node.value)
    unit.emit(ops.Delete(kept, span))


def _annotated(unit: UnitLowering, node: cst.AnnAssign) -> None:
    annotation = unit.text(node.annotation.annotation)
    if node.value is not None:
        lower_assignment(unit, node.target, lower_expression(unit, node.value), node.value, annotation)
        return
    if isinstance(node.target, cst.Name):
        unit.bind(node.target.value)
    path = dotted_name(node.target)
    if path is not None:
        unit.emit(ops.Declare(path, annotation, unit.span(node)))


def _augmented(unit: UnitLowering, node: cst.AugAssign) -> None:
    """``target op= value``: object and key of the target are evaluated once."""
    span, target = unit.span(node), node.target
    operator = BINARY.get(getattr(cst, type(node.operator).__name__.removesuffix("Assign"), cst.Add), "+")
    kept: list[str] = []
    current = unit.temp()
    match target:
        case cst.Attribute(value=owner, attr=attr):
            kept.append(unit.keep(lower_expression(unit, owner), "t", span))
            unit.emit(ops.Attr(current, unit.load(kept[0], span), attr.value, unit.span(target)))
        case cst.Subscript(value=owner, slice=elements):
            kept.append(unit.keep(lower_expression(unit, owner), "t", span))
            kept.append(unit.keep(lower_key(unit, elements), "t", span))
            unit.emit(ops.Item(current, unit.load(kept[0], span), unit.load(kept[1], span), unit.span(target)))
        case _:
            current = lower_expression(unit, target)
    value, result = lower_expression(unit, node.value), unit.temp()
    unit.emit(ops.Compute(result, operator, (current, value), span))
    if isinstance(target, cst.Attribute):
        unit.emit(ops.SetAttr(unit.load(kept[0], span), target.attr.value, result, unit.span(target)))
    elif isinstance(target, cst.Subscript):
        unit.emit(ops.SetItem(unit.load(kept[0], span), unit.load(kept[1], span), result, unit.span(target)))
    else:
        lower_assignment(unit, target, result)
    for name in kept:
        unit.emit(ops.Delete(name, span))


def _delete(unit: UnitLowering, node: cst.Del) -> None:
    _delete_target(unit, node.target)


def _delete_target(unit: UnitLowering, target: cst.BaseExpression) -> None:
    span = unit.span(target)
    match target:
        case cst.Name(value=name):
            unit.emit(ops.Delete(unit.bind(name), span))
        case cst.Attribute(value=owner, attr=attr):
            unit.emit(ops.DelAttr(lower_expression(unit, owner), attr.value, span))
        case cst.Subscript(value=owner, slice=elements):
            container = lower_expression(unit, owner)
            unit.emit(ops.DelItem(container, lower_key(unit, elements), span))
        case cst.Tuple(elements=parts) | cst.List(elements=parts):
            for part in parts:
                _delete_target(unit, part.value)


# -- jumps and names -------------------------------------------------------------------------------


def _return(unit: UnitLowering, node: cst.Return) -> None:
    if node.value is not None:
        value, span = lower_expression(unit, node.value), unit.span(node.value)
    else:
        value, span = unit.temp(), unit.span(node)
        unit.emit(ops.Const(value, None, span))
    unit.emit(ops.Store("$return", value, span))
    unit.emit(ops.Leave("return", unit.span(node)))
    unit.leave(None, unit.builder.exits[ExitKind.RETURN])


def _innermost_loop(unit: UnitLowering) -> LoopFrame | None:
    frame = unit.frame
    while frame is not None and not isinstance(frame, LoopFrame):
        frame = frame.outer
    return frame


def _break(unit: UnitLowering, node: cst.Break) -> None:
    loop = _innermost_loop(unit)
    if loop is not None:
        unit.emit(ops.Leave("break", unit.span(node)))
        unit.leave(loop, loop.on_break)


def _continue(unit: UnitLowering, node: cst.Continue) -> None:
    loop = _innermost_loop(unit)
    if loop is not None:
        unit.emit(ops.Leave("continue", unit.span(node)))
        unit.leave(loop, loop.on_continue)


def _global(unit: UnitLowering, node: cst.Global) -> None:
    unit.global_names.update(item.name.value for item in node.names)


def _nonlocal(unit: UnitLowering, node: cst.Nonlocal) -> None:
    unit.nonlocal_names.update(item.name.value for item in node.names)


def _import(unit: UnitLowering, node: cst.Import) -> None:
    for alias in node.names:
        module = dotted_name(alias.name) or ""
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            name = alias.asname.name.value
        else:
            module = name = module.partition(".")[0]
        temp = unit.temp()
        unit.emit(ops.Import(temp, module, None, unit.span(node)))
        unit.emit(ops.Store(unit.bind(name), temp, unit.span(alias)))


def _import_from(unit: UnitLowering, node: cst.ImportFrom) -> None:
    module = "." * len(node.relative) + (dotted_name(node.module) or "")
    if isinstance(node.names, cst.ImportStar):
        temp = unit.temp()
        unit.emit(ops.Import(temp, module, "*", unit.span(node)))
        unit.emit(ops.Drop(temp, unit.span(node)))
        return
    for alias in node.names:
        name = dotted_name(alias.name) or ""
        bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
        temp = unit.temp()
        unit.emit(ops.Import(temp, module, name, unit.span(node)))
        unit.emit(ops.Store(unit.bind(bound), temp, unit.span(alias)))


def _type_alias(unit: UnitLowering, node: cst.TypeAlias) -> None:
    unit.bind(node.name.value)  # the value is evaluated lazily, so never here


# -- definitions -----------------------------------------------------------------------------------


def _function(unit: UnitLowering, node: cst.FunctionDef) -> None:
    decorators = [lower_expression(unit, decorator.decorator) for decorator in node.decorators]
    lower_defaults(unit, node.params)
    made, temp = unit.module.lower_unit(UnitKind.FUNCTION, node, unit, node.name.value), unit.temp()
    unit.emit(ops.MakeFunction(temp, made, unit.span(node)))
    _decorate(unit, node, decorators, temp)


def _class(unit: UnitLowering, node: cst.ClassDef) -> None:
    decorators = [lower_expression(unit, decorator.decorator) for decorator in node.decorators]
    for argument in (*node.bases, *node.keywords):
        unit.emit(ops.Drop(lower_expression(unit, argument.value), unit.span(argument)))
    made, temp = unit.module.lower_unit(UnitKind.CLASS, node, unit, node.name.value), unit.temp()
    unit.emit(ops.MakeClass(temp, made, unit.span(node)))
    _decorate(unit, node, decorators, temp)


def _decorate(unit: UnitLowering, node: cst.FunctionDef | cst.ClassDef, decorators: list[Temp], value: Temp) -> None:
    """Apply the decorators, the innermost first, and bind the name."""
    for decorator, function in reversed(list(zip(node.decorators, decorators))):
        result = unit.temp()
        unit.emit(ops.Call(result, function, (ops.Argument(value),), unit.span(decorator.decorator), decorator=True))
        value = result
    unit.emit(ops.Store(unit.bind(node.name.value), value, unit.span(node.name)))


_STATEMENTS: Mapping[type[cst.CSTNode], Callable[[UnitLowering, Any], None]] = {
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Del: _delete,
    cst.Return: _return,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.Global: _global,
    cst.Nonlocal: _nonlocal,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.TypeAlias: _type_alias,
    cst.Raise: lower_raise,
    cst.Assert: lower_assert,
    cst.If: lower_if,
    cst.While: lower_while,
    cst.For: lower_for,
    cst.Try: lower_try,
    cst.TryStar: lower_try,
    cst.With: lower_with,
    cst.Match: lower_match,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}
