"""Expressions, in Python's order of evaluation: each becomes ops that leave its value in one temp."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Union

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import UnitKind
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.cfg.outline.units import UnitOutline

_NEVER_RETURN = frozenset({"sys.exit", "os._exit", "os.abort"})
_NEVER_RETURN_UNLESS_BOUND = frozenset({"exit", "quit"})


def outline_expression(unit: UnitOutline, node: ast.expr) -> Temp:
    """The temp that holds the value of an expression."""
    outline = _EXPRESSIONS.get(type(node))
    if outline is not None:
        return outline(unit, node)
    temp = unit.temp()
    unit.emit(ops.Unknown(temp, unit.span(node)))
    return temp


def dotted_name(node: ast.AST | None) -> str | None:
    """``a.b.c`` as text; of a call, what is called; None for anything else."""
    parts: list[str] = []
    if isinstance(node, ast.Call):
        node = node.func
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def outline_test(unit: UnitOutline, node: ast.expr) -> None:
    """A condition: ``and``, ``or`` and ``not`` are control flow there, constants no test at all."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        outline_test(unit, node.operand)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            outline_test(unit, value)
    elif constant_truth(node) is None:
        unit.emit(ops.Branch(outline_expression(unit, node), unit.span(node)))


def constant_truth(node: ast.expr) -> bool | None:
    """Whether a condition is a constant, and which."""
    if isinstance(node, ast.Constant) and (node.value is None or type(node.value) in (bool, int)):
        return bool(node.value)
    return None


def _constant(unit: UnitOutline, node: ast.Constant) -> Temp:
    temp = unit.temp()
    value = ops.EllipsisValue() if node.value is Ellipsis else node.value
    unit.emit(ops.Const(temp, value, unit.span(node)))
    return temp


def _compute(unit: UnitOutline, node: ast.expr, operator: str, operands: Sequence[Temp]) -> Temp:
    temp = unit.temp()
    unit.emit(ops.Compute(temp, operator, tuple(operands), unit.span(node)))
    return temp


def _name(unit: UnitOutline, node: ast.Name) -> Temp:
    variable = unit.variable(node.id)
    unit.used.add(variable)
    temp = unit.temp()
    unit.emit(ops.Load(temp, variable, unit.span(node)))
    return temp


def _formatted(unit: UnitOutline, node: Any) -> Temp:
    return _compute(unit, node, "format", _parts(unit, node.values))


def _parts(unit: UnitOutline, parts: Sequence[Any]) -> list[Temp]:
    found: list[Temp] = []
    for part in parts:
        if isinstance(part, ast.JoinedStr):
            found.extend(_parts(unit, part.values))
        elif not isinstance(part, ast.Constant):
            found.append(outline_expression(unit, part.value))
            if part.format_spec is not None:
                found.extend(_parts(unit, [part.format_spec]))
    return found


def _attribute(unit: UnitOutline, node: ast.Attribute) -> Temp:
    owner, temp = outline_expression(unit, node.value), unit.temp()
    unit.emit(ops.Attr(temp, owner, node.attr, unit.span(node)))
    return temp


def outline_key(unit: UnitOutline, key: ast.expr) -> Temp:
    """What stands between the brackets of a subscript."""
    if isinstance(key, ast.Slice):
        bounds = (key.lower, key.upper, key.step)
        return _compute(unit, key, "slice", [outline_expression(unit, bound) for bound in bounds if bound is not None])
    if isinstance(key, ast.Tuple):
        keys = tuple(outline_key(unit, _unstarred(part)) for part in key.elts)
        temp = unit.temp()
        unit.emit(ops.Build(temp, "tuple", keys, tuple(isinstance(e, ast.Starred) for e in key.elts), unit.span(key)))
        return temp
    return outline_expression(unit, key)


def _unstarred(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


def _subscript(unit: UnitOutline, node: ast.Subscript) -> Temp:
    owner = outline_expression(unit, node.value)
    key, temp = outline_key(unit, node.slice), unit.temp()
    unit.emit(ops.Item(temp, owner, key, unit.span(node)))
    return temp


def _call(unit: UnitOutline, node: ast.Call) -> Temp:
    function = outline_expression(unit, node.func)
    arguments = [
        ops.Argument(outline_expression(unit, _unstarred(a)), None, "*" if isinstance(a, ast.Starred) else "")
        for a in node.args
    ]
    arguments += [ops.Argument(outline_expression(unit, k.value), k.arg, "" if k.arg else "**") for k in node.keywords]
    temp = unit.temp()
    unit.emit(ops.Call(temp, function, tuple(arguments), unit.span(node)))
    name = dotted_name(node.func)
    if name in _NEVER_RETURN or (name in _NEVER_RETURN_UNLESS_BOUND and name not in unit.bound):
        unit.alive = False
    return temp


def _await(unit: UnitOutline, node: ast.Await) -> Temp:
    source, temp = outline_expression(unit, node.value), unit.temp()
    unit.emit(ops.Await(temp, source, unit.span(node)))
    return temp


def _yield(unit: UnitOutline, node: ast.Yield | ast.YieldFrom) -> Temp:
    unit.is_generator = True
    if node.value is not None:
        source = outline_expression(unit, node.value)
    else:
        source = unit.temp()
        unit.emit(ops.Const(source, None, unit.span(node)))
    temp = unit.temp()
    unit.emit(ops.Yield(temp, source, unit.span(node), isinstance(node, ast.YieldFrom)))
    return temp


_UNARY = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
BINARY: Mapping[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
}  # fmt: skip
_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=", ast.Is: "is", ast.IsNot: "is-not",
    ast.In: "in", ast.NotIn: "not-in",
}  # fmt: skip


def _unary(unit: UnitOutline, node: ast.UnaryOp) -> Temp:
    return _compute(unit, node, _UNARY[type(node.op)], [outline_expression(unit, node.operand)])


def _binary(unit: UnitOutline, node: ast.BinOp) -> Temp:
    operands = [outline_expression(unit, node.left), outline_expression(unit, node.right)]
    return _compute(unit, node, BINARY[type(node.op)], operands)


def _boolean(unit: UnitOutline, node: ast.BoolOp) -> Temp:
    result = unit.temp()
    for value in node.values[:-1]:
        span = unit.span(value)
        kept = unit.keep(outline_expression(unit, value), "b", span)
        unit.emit(ops.Branch(unit.load(kept, span), span))
        unit.emit(ops.Copy(result, unit.load(kept, span), span))
    last = node.values[-1]
    unit.emit(ops.Copy(result, outline_expression(unit, last), unit.span(last)))
    return result


def _comparison(unit: UnitOutline, node: ast.Compare) -> Temp:
    operands = [outline_expression(unit, node.left)]
    operands += [outline_expression(unit, comparator) for comparator in node.comparators]
    return _compute(unit, node, _COMPARISONS[type(node.ops[0])], operands)


def _conditional(unit: UnitOutline, node: ast.IfExp) -> Temp:
    outline_test(unit, node.test)
    result = unit.temp()
    for arm in (node.body, node.orelse):
        unit.emit(ops.Copy(result, outline_expression(unit, arm), unit.span(arm)))
    return result


def _named(unit: UnitOutline, node: ast.NamedExpr) -> Temp:
    value = outline_expression(unit, node.value)
    name = node.target.id
    unit.bound.add(name)  # it binds in the function, also from inside a comprehension
    unit.emit(ops.Store(name, value, unit.span(node.target)))
    return unit.load(name, unit.span(node))


def _display(kind: str) -> Callable[[UnitOutline, Any], Temp]:
    def outline(unit: UnitOutline, node: ast.Tuple | ast.List | ast.Set) -> Temp:
        items = tuple(outline_expression(unit, _unstarred(element)) for element in node.elts)
        stars = tuple(isinstance(element, ast.Starred) for element in node.elts)
        temp = unit.temp()
        unit.emit(ops.Build(temp, kind, items, stars, unit.span(node)))
        return temp

    return outline


def _dict(unit: UnitOutline, node: ast.Dict) -> Temp:
    items: list[Temp] = []
    stars: list[bool] = []
    for key, value in zip(node.keys, node.values):
        if key is not None:
            items.append(outline_expression(unit, key))
            stars.append(False)
        items.append(outline_expression(unit, value))
        stars.append(key is None)
    temp = unit.temp()
    unit.emit(ops.Build(temp, "dict", tuple(items), tuple(stars), unit.span(node)))
    return temp


def _lambda(unit: UnitOutline, node: ast.Lambda) -> Temp:
    outline_defaults(unit, node.args)
    made, temp = unit.module.add(UnitKind.LAMBDA, node, unit, "<lambda>"), unit.temp()
    unit.emit(ops.MakeFunction(temp, made, unit.span(node)))
    return temp


def _generator(unit: UnitOutline, node: ast.GeneratorExp) -> Temp:
    first = node.generators[0].iter
    unit.emit(ops.Drop(outline_expression(unit, first), unit.span(first)))
    made, temp = unit.module.add(UnitKind.GENERATOR_EXPRESSION, node, unit, "<genexpr>"), unit.temp()
    unit.emit(ops.MakeFunction(temp, made, unit.span(node)))
    return temp


def outline_defaults(unit: UnitOutline, arguments: ast.arguments) -> None:
    """The defaults of parameters are evaluated where the function is made."""
    for default in (*arguments.defaults, *arguments.kw_defaults):
        if default is not None:
            unit.emit(ops.Drop(outline_expression(unit, default), unit.span(default)))


Comprehension = Union[ast.ListComp, ast.SetComp, ast.DictComp]


def _comprehension(unit: UnitOutline, node: Comprehension) -> Temp:
    kind = "dict" if isinstance(node, ast.DictComp) else "list" if isinstance(node, ast.ListComp) else "set"
    span, temp = unit.span(node), unit.temp()
    unit.emit(ops.Build(temp, kind, (), (), span))
    result = unit.keep(temp, "comp", span)
    elements = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)

    def add() -> None:
        for element in elements:
            unit.emit(ops.Append(result, outline_expression(unit, element), span))

    outline_loops(unit, node.generators, add)
    return unit.load(result, span)


def outline_loops(
    unit: UnitOutline, loops: Sequence[ast.comprehension], add: Callable[[], None], iterator: str | None = None
) -> None:
    """The ``for``s of a comprehension. ``iterator``: the first one was made elsewhere already."""
    from pgleak_lint.cfg.outline.statements import outline_assignment

    loop, is_async = loops[0], bool(loops[0].is_async)
    iterator = iterator or outline_iterable(unit, loop.iter, is_async=is_async)
    element = unit.temp()
    unit.emit(ops.Next(element, iterator, is_async, unit.span(loop.iter)))
    with unit.renaming(loop.target):
        outline_assignment(unit, loop.target, element)
        for condition in loop.ifs:
            outline_test(unit, condition)
        if len(loops) > 1:
            outline_loops(unit, loops[1:], add)
        else:
            add()


def outline_iterable(unit: UnitOutline, node: ast.expr, *, is_async: bool) -> str:
    """The pseudo-variable of an iterator."""
    source, temp, span = outline_expression(unit, node), unit.temp(), unit.span(node)
    unit.emit(ops.Iterate(temp, source, is_async, span))
    return unit.keep(temp, "iter", span)


_EXPRESSIONS: Mapping[type[ast.AST], Callable[[UnitOutline, Any], Temp]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.JoinedStr: _formatted,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Compare: _comparison,
    ast.IfExp: _conditional,
    ast.NamedExpr: _named,
    ast.Tuple: _display("tuple"),
    ast.List: _display("list"),
    ast.Set: _display("set"),
    ast.Dict: _dict,
    ast.Lambda: _lambda,
    ast.GeneratorExp: _generator,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    **({ast.TemplateStr: _formatted} if hasattr(ast, "TemplateStr") else {}),
}
