"""Expressions, in Python's order of evaluation: each becomes ops that leave its value in one temp."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EdgeKind, UnitKind
from pgleak_lint.cfg.lower.branches import lower_boolean, lower_comparison, lower_conditional
from pgleak_lint.cfg.lower.context import UnitLowering
from pgleak_lint.cfg.lower.loops import lower_comprehension
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.source.span import NO_SPAN

_NEVER_RETURN = frozenset({"sys.exit", "os._exit", "os.abort"})
_NEVER_RETURN_UNLESS_BOUND = frozenset({"exit", "quit"})
_SINGLETONS = {"True": True, "False": False, "None": None}


def lower_expression(unit: UnitLowering, node: cst.BaseExpression) -> Temp:
    """The temp that holds the value of an expression."""
    lower = _EXPRESSIONS.get(type(node))
    if lower is not None:
        return lower(unit, node)
    temp = unit.temp()
    unit.emit(ops.Unknown(temp, unit.span(node)))
    return temp


def dotted_name(node: cst.CSTNode | None) -> str | None:
    """``a.b.c`` as text; of a call, what is called; None for anything else."""
    parts: list[str] = []
    if isinstance(node, cst.Call):
        node = node.func
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    return ".".join([node.value, *reversed(parts)]) if isinstance(node, cst.Name) else None


def _constant(unit: UnitLowering, node: cst.CSTNode, value: ops.Constant) -> Temp:
    temp = unit.temp()
    unit.emit(ops.Const(temp, value, unit.span(node)))
    return temp


def _compute(unit: UnitLowering, node: cst.CSTNode, operator: str, operands: Sequence[Temp]) -> Temp:
    temp = unit.temp()
    unit.emit(ops.Compute(temp, operator, tuple(operands), unit.span(node)))
    return temp


def _name(unit: UnitLowering, node: cst.Name) -> Temp:
    if node.value in _SINGLETONS:
        return _constant(unit, node, _SINGLETONS[node.value])
    variable = unit.variable(node.value)
    unit.used.add(variable)
    return unit.load(variable, unit.span(node))


def _number(unit: UnitLowering, node: cst.Integer | cst.Float | cst.Imaginary) -> Temp:
    try:
        return _constant(unit, node, node.evaluated_value)
    except ValueError:  # an integer with more digits than Python converts
        temp = unit.temp()
        unit.emit(ops.Unknown(temp, unit.span(node)))
        return temp


def _string(unit: UnitLowering, node: cst.SimpleString) -> Temp:
    value = _text(node)
    if value is None:
        temp = unit.temp()
        unit.emit(ops.Unknown(temp, unit.span(node)))
        return temp
    return _constant(unit, node, value)


def _text(node: cst.SimpleString) -> str | bytes | None:
    """The value of a string; libcst compiles each one, which plain ones can do without. None if there is no such string: libcst
    reads escapes that no Python does."""
    text = node.value
    if text[0] in "'\"" and "\\" not in text and "\r" not in text:
        return text[3:-3] if text[:3] in ("'''", '"""') and len(text) > 5 else text[1:-1]
    try:
        return node.evaluated_value
    except (SyntaxError, ValueError):
        return None


def _concatenated(unit: UnitLowering, node: cst.ConcatenatedString) -> Temp:
    value = _joined(node)
    if value is not None:
        return _constant(unit, node, value)
    return _compute(unit, node, "format", [lower_expression(unit, node.left), lower_expression(unit, node.right)])


def _joined(node: cst.ConcatenatedString) -> str | bytes | None:
    """The value where all parts are plain strings (libcst's own property doesn't know of template strings)."""
    parts: list[str | bytes | None] = []
    part: cst.BaseExpression = node
    while isinstance(part, cst.ConcatenatedString):
        if not isinstance(part.left, cst.SimpleString):
            return None
        parts.append(_text(part.left))
        part = part.right
    if not isinstance(part, cst.SimpleString):
        return None
    parts.append(_text(part))
    if None in parts:
        return None
    texts = [text for text in parts if isinstance(text, str)]
    return "".join(texts) if texts else b"".join(data for data in parts if isinstance(data, bytes))


def _formatted(unit: UnitLowering, node: cst.FormattedString | cst.TemplatedString) -> Temp:
    return _compute(unit, node, "format", _parts(unit, node.parts))


def _parts(unit: UnitLowering, parts: Sequence[Any]) -> list[Temp]:
    found: list[Temp] = []
    for part in parts:
        expression = getattr(part, "expression", None)
        if expression is not None:
            found.append(lower_expression(unit, expression))
            found.extend(_parts(unit, part.format_spec or ()))
    return found


def _ellipsis(unit: UnitLowering, node: cst.Ellipsis) -> Temp:
    return _constant(unit, node, ops.EllipsisValue())


def _attribute(unit: UnitLowering, node: cst.Attribute) -> Temp:
    owner, temp = lower_expression(unit, node.value), unit.temp()
    unit.emit(ops.Attr(temp, owner, node.attr.value, unit.span(node)))
    return temp


def lower_key(unit: UnitLowering, elements: Sequence[cst.SubscriptElement]) -> Temp:
    """What stands between the brackets of a subscript."""
    keys: list[Temp] = []
    for element in elements:
        if isinstance(element.slice, cst.Slice):
            bounds = (element.slice.lower, element.slice.upper, element.slice.step)
            operands = [lower_expression(unit, bound) for bound in bounds if bound is not None]
            keys.append(_compute(unit, element, "slice", operands))
        else:
            assert isinstance(element.slice, cst.Index)
            keys.append(lower_expression(unit, element.slice.value))
    if len(keys) == 1:
        return keys[0]
    temp = unit.temp()
    span = unit.span(elements[0]) if elements else NO_SPAN
    unit.emit(ops.Build(temp, "tuple", tuple(keys), (False,) * len(keys), span))
    return temp


def _subscript(unit: UnitLowering, node: cst.Subscript) -> Temp:
    owner = lower_expression(unit, node.value)
    key, temp = lower_key(unit, node.slice), unit.temp()
    unit.emit(ops.Item(temp, owner, key, unit.span(node)))
    return temp


def _call(unit: UnitLowering, node: cst.Call) -> Temp:
    function = lower_expression(unit, node.func)
    arguments = tuple(
        ops.Argument(lower_expression(unit, arg.value), arg.keyword.value if arg.keyword else None, arg.star)
        for arg in sorted(node.args, key=_is_keyword)  # Python evaluates `*rest` before a keyword that precedes it
    )
    temp = unit.temp()
    op = ops.Call(temp, function, arguments, unit.span(node))
    if _never_returns(unit, node):
        unit.emit_raising(op, (EdgeKind.SYSTEM_EXIT,), returns=False)
    else:
        unit.emit(op)
    return temp


def _is_keyword(argument: cst.Arg) -> bool:
    return argument.keyword is not None or argument.star == "**"


def _never_returns(unit: UnitLowering, node: cst.Call) -> bool:
    name = dotted_name(node)
    return name in _NEVER_RETURN or (name in _NEVER_RETURN_UNLESS_BOUND and name not in unit.bound)


def _await(unit: UnitLowering, node: cst.Await) -> Temp:
    source, temp = lower_expression(unit, node.expression), unit.temp()
    unit.emit(ops.Await(temp, source, unit.span(node)))
    return temp


def _yield(unit: UnitLowering, node: cst.Yield) -> Temp:
    unit.is_generator = True
    if isinstance(node.value, cst.From):
        source, delegates = lower_expression(unit, node.value.item), True
    elif node.value is not None:
        source, delegates = lower_expression(unit, node.value), False
    else:
        source, delegates = _constant(unit, node, None), False
    temp = unit.temp()
    unit.emit(ops.Yield(temp, source, unit.span(node), delegates))
    return temp


_UNARY = {cst.Not: "not", cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~"}
BINARY: Mapping[type[cst.CSTNode], str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//", cst.Modulo: "%",
    cst.Power: "**", cst.MatrixMultiply: "@", cst.LeftShift: "<<", cst.RightShift: ">>", cst.BitAnd: "&", cst.BitOr: "|",
    cst.BitXor: "^",
}  # fmt: skip


def _unary(unit: UnitLowering, node: cst.UnaryOperation) -> Temp:
    return _compute(unit, node, _UNARY[type(node.operator)], [lower_expression(unit, node.expression)])


def _binary(unit: UnitLowering, node: cst.BinaryOperation) -> Temp:
    operands = [lower_expression(unit, node.left), lower_expression(unit, node.right)]
    return _compute(unit, node, BINARY[type(node.operator)], operands)


def _named(unit: UnitLowering, node: cst.NamedExpr) -> Temp:
    value = lower_expression(unit, node.value)
    assert isinstance(node.target, cst.Name)
    name = node.target.value
    unit.bound.add(name)  # it binds in the function, also from inside a comprehension
    unit.emit(ops.Store(name, value, unit.span(node.target)))
    return unit.load(name, unit.span(node))


def _display(kind: str) -> Callable[[UnitLowering, Any], Temp]:
    def lower(unit: UnitLowering, node: cst.Tuple | cst.List | cst.Set | cst.Dict) -> Temp:
        items: list[Temp] = []
        stars: list[bool] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                items += [lower_expression(unit, element.key), lower_expression(unit, element.value)]
                stars += [False, False]
            else:
                items.append(lower_expression(unit, element.value))
                stars.append(isinstance(element, cst.StarredElement | cst.StarredDictElement))
        temp = unit.temp()
        unit.emit(ops.Build(temp, kind, tuple(items), tuple(stars), unit.span(node)))
        return temp

    return lower


def _lambda(unit: UnitLowering, node: cst.Lambda) -> Temp:
    lower_defaults(unit, node.params)
    made, temp = unit.module.lower_unit(UnitKind.LAMBDA, node, unit, "<lambda>"), unit.temp()
    unit.emit(ops.MakeFunction(temp, made, unit.span(node)))
    return temp


def _generator(unit: UnitLowering, node: cst.GeneratorExp) -> Temp:
    first = lower_expression(unit, node.for_in.iter)
    unit.emit(ops.Drop(first, unit.span(node.for_in.iter)))
    made, temp = unit.module.lower_unit(UnitKind.GENERATOR_EXPRESSION, node, unit, "<genexpr>"), unit.temp()
    unit.emit(ops.MakeFunction(temp, made, unit.span(node)))
    return temp


def lower_defaults(unit: UnitLowering, parameters: cst.Parameters) -> None:
    """The defaults of parameters are evaluated where the function is made."""
    for parameter in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
        if parameter.default is not None:
            unit.emit(ops.Drop(lower_expression(unit, parameter.default), unit.span(parameter)))


def _list_comprehension(unit: UnitLowering, node: cst.ListComp) -> Temp:
    return lower_comprehension(unit, node, "list", (node.elt,))


def _set_comprehension(unit: UnitLowering, node: cst.SetComp) -> Temp:
    return lower_comprehension(unit, node, "set", (node.elt,))


def _dict_comprehension(unit: UnitLowering, node: cst.DictComp) -> Temp:
    return lower_comprehension(unit, node, "dict", (node.key, node.value))


_EXPRESSIONS: Mapping[type[cst.CSTNode], Callable[[UnitLowering, Any], Temp]] = {
    cst.Name: _name,
    cst.Integer: _number,
    cst.Float: _number,
    cst.Imaginary: _number,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _concatenated,
    cst.FormattedString: _formatted,
    cst.Ellipsis: _ellipsis,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.Call: _call,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: lower_boolean,
    cst.Comparison: lower_comparison,
    cst.IfExp: lower_conditional,
    cst.NamedExpr: _named,
    cst.Tuple: _display("tuple"),
    cst.List: _display("list"),
    cst.Set: _display("set"),
    cst.Dict: _display("dict"),
    cst.Lambda: _lambda,
    cst.GeneratorExp: _generator,
    cst.ListComp: _list_comprehension,
    cst.SetComp: _set_comprehension,
    cst.DictComp: _dict_comprehension,
    **({cst.TemplatedString: _formatted} if hasattr(cst, "TemplatedString") else {}),
}
