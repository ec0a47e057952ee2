"""Statements, in the order of the text. What control can't reach gives no ops, but its definitions are units all the same."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Union

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import UnitKind
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.cfg.outline.expressions import (
    BINARY,
    constant_truth,
    dotted_name,
    outline_defaults,
    outline_expression,
    outline_iterable,
    outline_key,
    outline_loops,
    outline_test,
)
from pgleak_lint.cfg.outline.headers import UnitNode, parameters_of
from pgleak_lint.cfg.outline.units import UnitOutline

Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef]


def outline_unit(unit: UnitOutline, node: UnitNode) -> None:
    """All ops of one unit."""
    match node:
        case ast.Module() | ast.ClassDef():
            _body(unit, node.body)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            _parameters(unit, node)
            _body(unit, node.body)
        case ast.Lambda():
            _parameters(unit, node)
            unit.emit(ops.Store("$return", outline_expression(unit, node.body), unit.span(node.body)))
        case ast.GeneratorExp():
            _generator(unit, node)


def _generator(unit: UnitOutline, node: ast.GeneratorExp) -> None:
    """Its first iterable was evaluated outside, and comes in as an iterator."""
    unit.is_generator = True
    span, temp = unit.span(node.generators[0].iter), unit.temp()
    unit.emit(ops.Unknown(temp, span))
    iterator = unit.keep(temp, "iter", span)

    def give() -> None:
        value, sent = outline_expression(unit, node.elt), unit.temp()
        unit.emit(ops.Yield(sent, value, unit.span(node.elt)))
        unit.emit(ops.Drop(sent, unit.span(node.elt)))

    outline_loops(unit, node.generators, give, iterator)


def _parameters(unit: UnitOutline, node: UnitNode) -> None:
    """The parameters of a function, as its header says."""
    unit.parameters = parameters_of(unit.module.lines, node)
    unit.bound.update(parameter.name for parameter in unit.parameters)
    unit.hide(parameter.name for parameter in unit.parameters)


def _body(unit: UnitOutline, body: Sequence[ast.stmt]) -> None:
    for statement in body:
        outline = _STATEMENTS.get(type(statement))
        if outline is not None:
            outline(unit, statement)


def _expression(unit: UnitOutline, node: ast.Expr) -> None:
    unit.emit(ops.Drop(outline_expression(unit, node.value), unit.span(node.value)))


# -- assignment ------------------------------------------------------------------------------------


def outline_assignment(
    unit: UnitOutline, target: ast.expr, value: Temp, source: ast.expr | None = None, annotation: str | None = None
) -> None:
    """Bind ``value`` to a target; ``source`` is the expression it came from, where it came directly."""
    match target:
        case ast.Name(id=name):
            unit.emit(ops.Store(unit.bind(name), value, unit.span(target), annotation))
        case ast.Attribute(value=owner, attr=attr):
            unit.emit(ops.SetAttr(outline_expression(unit, owner), attr, value, unit.span(target), annotation))
        case ast.Subscript(value=owner, slice=key):
            container = outline_expression(unit, owner)
            unit.emit(ops.SetItem(container, outline_key(unit, key), value, unit.span(target)))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            parts = tuple(unit.temp() for _ in elements)
            star = next((i for i, element in enumerate(elements) if isinstance(element, ast.Starred)), None)
            unit.emit(ops.Unpack(parts, value, star, unit.span(target), _fits(elements, star, source)))
            for element, part in zip(elements, parts):
                outline_assignment(unit, element, part)
        case ast.Starred(value=inner):
            outline_assignment(unit, inner, value)


def _fits(elements: Sequence[ast.expr], star: int | None, source: ast.expr | None) -> bool:
    if star is not None or not isinstance(source, ast.Tuple | ast.List) or len(source.elts) != len(elements):
        return False
    return not any(isinstance(element, ast.Starred) for element in source.elts)


def _assign(unit: UnitOutline, node: ast.Assign) -> None:
    value = outline_expression(unit, node.value)
    if len(node.targets) == 1:
        outline_assignment(unit, node.targets[0], value, node.value)
        return
    span = unit.span(node.value)
    kept = unit.keep(value, "v", span)
    for target in node.targets:
        outline_assignment(unit, target, unit.load(kept, span), node.value)


def _annotated(unit: UnitOutline, node: ast.AnnAssign) -> None:
    annotation = unit.module.text(node.annotation)
    if node.value is not None:
        outline_assignment(unit, node.target, outline_expression(unit, node.value), node.value, annotation)
        return
    if isinstance(node.target, ast.Name):
        unit.bind(node.target.id)
    path = dotted_name(node.target)
    if path is not None:
        unit.emit(ops.Declare(path, annotation, unit.span(node)))


def _augmented(unit: UnitOutline, node: ast.AugAssign) -> None:
    """``target op= value``: object and key of the target are evaluated once."""
    span, target = unit.span(node), node.target
    owner = key = None
    current = unit.temp()
    if isinstance(target, ast.Attribute):
        owner = unit.keep(outline_expression(unit, target.value), "t", span)
        unit.emit(ops.Attr(current, unit.load(owner, span), target.attr, unit.span(target)))
    elif isinstance(target, ast.Subscript):
        owner = unit.keep(outline_expression(unit, target.value), "t", span)
        key = unit.keep(outline_key(unit, target.slice), "t", span)
        unit.emit(ops.Item(current, unit.load(owner, span), unit.load(key, span), unit.span(target)))
    else:
        current = outline_expression(unit, target)
    value, result = outline_expression(unit, node.value), unit.temp()
    unit.emit(ops.Compute(result, BINARY[type(node.op)], (current, value), span))
    if isinstance(target, ast.Attribute) and owner is not None:
        unit.emit(ops.SetAttr(unit.load(owner, span), target.attr, result, unit.span(target)))
    elif owner is not None and key is not None:
        unit.emit(ops.SetItem(unit.load(owner, span), unit.load(key, span), result, unit.span(target)))
    else:
        outline_assignment(unit, target, result)


def _delete(unit: UnitOutline, node: ast.Delete) -> None:
    for target in node.targets:
        _delete_target(unit, target)


def _delete_target(unit: UnitOutline, target: ast.expr) -> None:
    span = unit.span(target)
    match target:
        case ast.Name(id=name):
            unit.emit(ops.Delete(unit.bind(name), span))
        case ast.Attribute(value=owner, attr=attr):
            unit.emit(ops.DelAttr(outline_expression(unit, owner), attr, span))
        case ast.Subscript(value=owner, slice=key):
            container = outline_expression(unit, owner)
            unit.emit(ops.DelItem(container, outline_key(unit, key), span))
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                _delete_target(unit, part)


# -- jumps and names -------------------------------------------------------------------------------


def _return(unit: UnitOutline, node: ast.Return) -> None:
    if node.value is not None:
        value, span = outline_expression(unit, node.value), unit.span(node.value)
    else:
        value, span = unit.temp(), unit.span(node)
        unit.emit(ops.Const(value, None, span))
    unit.emit(ops.Store("$return", value, span))
    unit.alive = False


def _break(unit: UnitOutline, node: ast.Break) -> None:
    unit.broken = unit.broken or unit.alive
    unit.alive = False


def _continue(unit: UnitOutline, node: ast.Continue) -> None:
    unit.alive = False


def _raise(unit: UnitOutline, node: ast.Raise) -> None:
    value = outline_expression(unit, node.exc) if node.exc is not None else None
    if node.cause is not None:
        unit.emit(ops.Drop(outline_expression(unit, node.cause), unit.span(node.cause)))
    unit.emit(ops.Raise(value, unit.span(node)))
    unit.alive = False


def _assert(unit: UnitOutline, node: ast.Assert) -> None:
    outline_test(unit, node.test)
    if node.msg is not None:
        unit.emit(ops.Raise(outline_expression(unit, node.msg), unit.span(node)))


def _global(unit: UnitOutline, node: ast.Global) -> None:
    unit.global_names.update(node.names)


def _nonlocal(unit: UnitOutline, node: ast.Nonlocal) -> None:
    unit.nonlocal_names.update(node.names)


def _import(unit: UnitOutline, node: ast.Import) -> None:
    for alias in node.names:
        module, name = alias.name, alias.asname
        if name is None:
            module = name = module.partition(".")[0]
        temp = unit.temp()
        unit.emit(ops.Import(temp, module, None, unit.span(node)))
        unit.emit(ops.Store(unit.bind(name), temp, unit.span(alias)))


def _import_from(unit: UnitOutline, node: ast.ImportFrom) -> None:
    module = "." * node.level + (node.module or "")
    for alias in node.names:
        temp = unit.temp()
        unit.emit(ops.Import(temp, module, alias.name, unit.span(node)))
        if alias.name == "*":
            unit.emit(ops.Drop(temp, unit.span(node)))
        else:
            unit.emit(ops.Store(unit.bind(alias.asname or alias.name), temp, unit.span(alias)))


def _type_alias(unit: UnitOutline, node: Any) -> None:
    unit.bind(node.name.id)  # the value is evaluated lazily, so never here


# -- compound statements ---------------------------------------------------------------------------


def _if(unit: UnitOutline, node: ast.If) -> None:
    """A chain of ``if``/``elif``/``else``, in a loop and not by recursion: chains can be thousands long."""
    goes_on = False
    while True:
        outline_test(unit, node.test)
        truth, before = constant_truth(node.test), unit.alive
        unit.alive = before and truth is not False
        _body(unit, node.body)
        goes_on = goes_on or unit.alive
        unit.alive = before and truth is not True
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            node = node.orelse[0]
            continue
        _body(unit, node.orelse)
        break
    unit.alive = unit.alive or goes_on


def _loop(unit: UnitOutline, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt], *, ends: bool) -> None:
    """``ends``: the loop can come to its end by itself."""
    before, outer = unit.alive, unit.broken
    unit.broken = False
    _body(unit, body)
    broken, unit.broken = unit.broken, outer
    unit.alive = before and ends
    _body(unit, orelse)
    unit.alive = unit.alive or (before and broken)


def _while(unit: UnitOutline, node: ast.While) -> None:
    outline_test(unit, node.test)
    truth, before = constant_truth(node.test), unit.alive
    unit.alive = before and truth is not False
    _loop(unit, node.body, node.orelse, ends=truth is not True)
    unit.alive = unit.alive or (before and truth is False)


def _for(unit: UnitOutline, node: ast.For | ast.AsyncFor) -> None:
    is_async = isinstance(node, ast.AsyncFor)
    iterator = outline_iterable(unit, node.iter, is_async=is_async)
    element = unit.temp()
    unit.emit(ops.Next(element, iterator, is_async, unit.span(node.iter)))
    outline_assignment(unit, node.target, element)
    _loop(unit, node.body, node.orelse, ends=True)


def _try(unit: UnitOutline, node: Any) -> None:
    before = unit.alive
    unit.tries = True
    _body(unit, node.body)
    _body(unit, node.orelse)
    goes_on = unit.alive
    for handler in node.handlers:
        unit.alive = before
        if handler.name is not None:
            temp, span = unit.temp(), unit.span(handler)
            unit.emit(ops.Unknown(temp, span))
            unit.emit(ops.Store(unit.bind(handler.name), temp, span))
        _body(unit, handler.body)
        goes_on = goes_on or unit.alive
    unit.alive = before
    _body(unit, node.finalbody)
    unit.alive = unit.alive and goes_on


def _with(unit: UnitOutline, node: ast.With | ast.AsyncWith) -> None:
    is_async, before = isinstance(node, ast.AsyncWith), unit.alive
    for item in node.items:
        span = unit.span(item.context_expr)
        manager, temp = unit.keep(outline_expression(unit, item.context_expr), "with", span), unit.temp()
        unit.emit(ops.Enter(temp, manager, is_async, span))
        if item.optional_vars is not None:
            outline_assignment(unit, item.optional_vars, temp)
        else:
            unit.emit(ops.Drop(temp, span))
    _body(unit, node.body)
    unit.alive = before  # a manager may swallow what is raised in the block


def _match(unit: UnitOutline, node: ast.Match) -> None:
    span = unit.span(node.subject)
    subject = unit.keep(outline_expression(unit, node.subject), "match", span)
    before, goes_on = unit.alive, unit.alive
    for case in node.cases:
        unit.alive = before
        _pattern(unit, case.pattern, subject)
        if case.guard is not None:
            outline_test(unit, case.guard)
        _body(unit, case.body)
        goes_on = goes_on or unit.alive
    unit.alive = goes_on


def _pattern(unit: UnitOutline, pattern: ast.pattern, subject: str) -> None:
    span = unit.span(pattern)
    if isinstance(pattern, ast.MatchAs):
        if pattern.pattern is not None:
            _pattern(unit, pattern.pattern, subject)
        if pattern.name is not None:
            unit.emit(ops.Store(unit.bind(pattern.name), unit.load(subject, span), span))
    elif isinstance(pattern, ast.MatchOr):
        for alternative in pattern.patterns:
            _pattern(unit, alternative, subject)
    else:
        for name in _captures(pattern):
            part = unit.temp()
            unit.emit(ops.Unknown(part, span))
            unit.emit(ops.Store(unit.bind(name), part, span))


def _captures(pattern: ast.pattern) -> Iterator[str]:
    """The names that parts of the subject are bound to."""
    for node in ast.walk(pattern):
        name = node.name if isinstance(node, ast.MatchAs | ast.MatchStar) else getattr(node, "rest", None)
        if isinstance(name, str):
            yield name


# -- definitions -----------------------------------------------------------------------------------


def _function(unit: UnitOutline, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    decorators = [outline_expression(unit, decorator) for decorator in node.decorator_list]
    outline_defaults(unit, node.args)
    made, temp = unit.module.add(UnitKind.FUNCTION, node, unit, node.name), unit.temp()
    unit.emit(ops.MakeFunction(temp, made, unit.span(node)))
    _decorate(unit, node, decorators, temp)


def _class(unit: UnitOutline, node: ast.ClassDef) -> None:
    decorators = [outline_expression(unit, decorator) for decorator in node.decorator_list]
    arguments = [*node.bases, *(keyword.value for keyword in node.keywords)]
    for argument in arguments:
        value = argument.value if isinstance(argument, ast.Starred) else argument
        unit.emit(ops.Drop(outline_expression(unit, value), unit.span(argument)))
    made, temp = unit.module.add(UnitKind.CLASS, node, unit, node.name), unit.temp()
    unit.emit(ops.MakeClass(temp, made, unit.span(node)))
    _decorate(unit, node, decorators, temp)


def _decorate(unit: UnitOutline, node: Definition, decorators: list[Temp], value: Temp) -> None:
    """Apply the decorators, the innermost first, and bind the name."""
    for decorator, function in reversed(list(zip(node.decorator_list, decorators))):
        result = unit.temp()
        unit.emit(ops.Call(result, function, (ops.Argument(value),), unit.span(decorator), decorator=True))
        value = result
    unit.emit(ops.Store(unit.bind(node.name), value, unit.span(node)))


_STATEMENTS: Mapping[type[ast.AST], Callable[[UnitOutline, Any], None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Return: _return,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Try: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    **({ast.TryStar: _try} if hasattr(ast, "TryStar") else {}),
    **({ast.TypeAlias: _type_alias} if hasattr(ast, "TypeAlias") else {}),
}
