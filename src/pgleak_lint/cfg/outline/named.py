"""What a function names, and which units stand in it: seen in one walk over its syntax tree, before anybody outlines it."""

from __future__ import annotations

import ast
import re
from ast import Attribute, Call, Load, Name  # looked up a million times
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any, NamedTuple, Union

from pgleak_lint.cfg.passing import passes_on

FunctionNode = Union[ast.FunctionDef, ast.AsyncFunctionDef]
InnerNode = Union[FunctionNode, ast.Lambda, ast.GeneratorExp]
Names = Set[str]


class Seen(NamedTuple):
    """The names in the body of a function, and how many units stand in it."""

    names: Names
    units: int


def look_into(function: FunctionNode) -> Seen | None:
    """What can be told of a function without outlining it; None if a class is in it.

    The names are those of variables and attributes whose values are used for more than one of their attributes, and for more than
    to be handed to a function that does nothing else with them: ``c`` in ``a.b.c(d)``, ``Pool`` and ``d`` in ``Pool(d)``. Beside
    them stand the words of annotations, and what is stored, as `stored` spells it.
    """
    names: set[str] = set()
    pending: list[InnerNode] = [function]
    count = -1
    while pending:
        count += 1
        found = _look_into(pending.pop(), names)
        if found is None:
            return None
        pending += found
    return Seen(names, count)


def stored(name: str) -> str:
    """How ``c`` is spelled that ``a.b.c = 1`` and ``a["c"] = 1`` set."""
    return f".{name}"


def _look_into(unit: InnerNode, names: set[str]) -> list[InnerNode] | None:
    """The units that stand in one directly."""
    found: list[InnerNode] = []
    pending: list[Any] = list(_inside(unit))
    while pending:
        node = pending.pop()
        kind = type(node)
        if kind is Name:
            if type(node.ctx) is Load:
                names.add(node.id)
        elif kind is Attribute:
            names.add(node.attr if type(node.ctx) is Load else stored(node.attr))
            while type(node) is Attribute:
                node = node.value
            if type(node) is not Name:
                pending.append(node)
        elif kind is Call:
            pending.append(node.func)
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            callee = node.func
            name = callee.attr if type(callee) is Attribute else callee.id if type(callee) is Name else ""
            pending += given if passes_on(name) else _but_for_paths(given)
        elif kind in _UNITS:
            if kind is ast.ClassDef:
                return None
            found.append(node)
            pending += _outside(node)
            if kind in _FUNCTIONS:
                names.update(_words_of_header(node))
        else:
            if kind in _NAMING:
                names.update(_NAMING[kind](node))
            for field in _CHILDREN.get(kind, ()):
                child = getattr(node, field)
                if type(child) is list:
                    pending += child
                elif child is not None:
                    pending.append(child)
    return found


def _but_for_paths(nodes: Iterable[Any]) -> Iterator[ast.AST]:
    for node in nodes:
        inner = node.value if type(node) is ast.Starred else node
        while type(inner) is Attribute:
            inner = inner.value
        if type(inner) is not Name:
            yield inner


def _inside(unit: InnerNode) -> Iterator[ast.AST]:
    """What is evaluated in a unit."""
    match unit:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from unit.body
        case ast.Lambda():
            yield unit.body
        case ast.GeneratorExp():
            yield unit.elt
            for number, loop in enumerate(unit.generators):
                yield loop.target
                yield from loop.ifs
                if number:
                    yield loop.iter


def _outside(unit: InnerNode) -> Iterator[ast.AST]:
    """What is evaluated where a unit is made."""
    if isinstance(unit, ast.GeneratorExp):
        yield unit.generators[0].iter
        return
    if not isinstance(unit, ast.Lambda):
        yield from unit.decorator_list
    yield from unit.args.defaults
    yield from (default for default in unit.args.kw_defaults if default is not None)


def _words_of_annotation(node: Any) -> Iterator[str]:
    return _words_in(node.annotation)


def _words_in(annotation: ast.expr) -> Iterator[str]:
    for inner in ast.walk(annotation):
        match inner:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str(text)):
                yield from _WORD.findall(text)


def _words_of_header(node: Any) -> Iterator[str]:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    for argument in plain:
        if argument is not None and argument.annotation is not None:
            yield from _words_of_annotation(argument)
    if node.returns is not None:
        yield from _words_in(node.returns)


def _stored_key(node: Any) -> Iterator[str]:
    key = node.slice
    if type(node.ctx) is ast.Store and isinstance(key, ast.Constant) and isinstance(key.value, str):
        yield stored(key.value)


def _imported_names(node: Any) -> Iterator[str]:
    return (alias.name for alias in node.names)


_WORD = re.compile(r"\w+")
_NAMING: Mapping[type, Callable[[Any], Iterable[str]]] = {
    ast.AnnAssign: _words_of_annotation,
    ast.Import: _imported_names,
    ast.ImportFrom: _imported_names,
    ast.MatchClass: lambda node: node.kwd_attrs,
    ast.Subscript: _stored_key,
}
"""Nodes that name something in another way than by nodes of their own."""

_FUNCTIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef})
_UNITS = frozenset({*_FUNCTIONS, ast.ClassDef, ast.Lambda, ast.GeneratorExp})
_LEAVES = frozenset({
    "annotation", "arg", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module", "name", "op", "ops", "rest",
    "simple", "type_comment",
})  # fmt: skip
"""Fields without expressions in them, or with expressions that are kept as text."""
_CHILDREN: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field for field in kind._fields if field not in _LEAVES)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and kind is not ast.Constant
}
