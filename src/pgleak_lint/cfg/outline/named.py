"""What a function names, and which units stand in it: seen in one walk over its syntax tree, before anybody outlines it."""

from __future__ import annotations

import ast
import re
from ast import Attribute, Call, Load, Name  # looked up a million times
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Union

from pgleak_lint.cfg.passing import passes_on

FunctionNode = Union[ast.FunctionDef, ast.AsyncFunctionDef]
InnerNode = Union[FunctionNode, ast.Lambda, ast.GeneratorExp]
Names = Set[str]


def look_into(function: FunctionNode) -> tuple[Names, Sequence[tuple[InnerNode, int]]] | None:
    """The names in the body of a function, and the units in it, each with the position of the one around it: counted from 1,
    0 for the function. None if there is a class among them.

    The names are those of variables and attributes whose values are used for more than one of their attributes, and for more than
    to be handed to a function that does nothing else with them: ``c`` in ``a.b.c(d)``, ``Pool`` and ``d`` in ``Pool(d)``. Beside
    them stand the words of annotations, and what is stored, as `stored` spells it. The units stand in the order in which who
    outlines the function meets them, but where something is evaluated before what stands in front of it.
    """
    names: set[str] = set()
    units: list[tuple[InnerNode, int]] = []
    return (names, units) if _collect(function, 0, names, units) else None


def _collect(unit: InnerNode, position: int, names: set[str], units: list[tuple[InnerNode, int]]) -> bool:
    found = _look_into(unit, names)
    if found is None:
        return False
    for inner in sorted(found, key=_made_at):
        units.append((inner, position))
        if not _collect(inner, len(units), names, units):
            return False
    return True


def _made_at(unit: InnerNode) -> tuple[int, int]:
    """Where everything stands behind which a unit is made: its defaults, or what a generator expression goes through."""
    match unit:
        case ast.FunctionDef(body=[first, *_]) | ast.AsyncFunctionDef(body=[first, *_]) | ast.Lambda(body=first):
            return first.lineno, first.col_offset
        case ast.GeneratorExp(generators=[ast.comprehension(iter=first), *_]):
            return first.end_lineno or 0, first.end_col_offset or 0
    raise AssertionError(unit)


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
    for inner in ast.walk(node.annotation):
        match inner:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str(text)):
                yield from _WORD.findall(text)


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

_UNITS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp})
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
