"""Annotations, as text, to the dotted name of the type that matters in them."""

from __future__ import annotations

import ast
from functools import lru_cache

_TRANSPARENT = frozenset(
    {"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Mapped"}
)
_YIELDING = frozenset({
    "Iterator", "AsyncIterator", "Generator", "AsyncGenerator", "Iterable", "AsyncIterable",
    "Awaitable", "Coroutine", "AbstractContextManager", "AbstractAsyncContextManager",
    "ContextManager", "AsyncContextManager",
})  # fmt: skip


@lru_cache(maxsize=65536)
def annotated_names(text: str) -> tuple[str, ...]:
    """The dotted names that a value with this annotation may be an instance of.

    Looks through ``Optional``, ``Union``, ``X | None``, ``Annotated``, ``Final``, quotes, and drops type arguments
    (``asyncpg.Pool[Record]`` is ``asyncpg.Pool``). Text that is no expression gives nothing.
    """
    tree = _expression(text)
    return tuple(dict.fromkeys(_names(tree, depth=0))) if tree is not None else ()


@lru_cache(maxsize=16384)
def yielded_names(text: str) -> tuple[str, ...]:
    """The names in the first argument of ``Iterator[X]``, ``AsyncGenerator[X, None]``, ``Awaitable[X]`` and so on."""
    tree = _expression(text)
    if isinstance(tree, ast.Subscript) and _last_part(tree.value) in _YIELDING:
        first = tree.slice.elts[0] if isinstance(tree.slice, ast.Tuple) and tree.slice.elts else tree.slice
        return tuple(dict.fromkeys(_names(first, depth=0)))
    return ()


@lru_cache(maxsize=16384)
def item_names(text: str, position: int) -> tuple[str, ...]:
    """The names in the argument at that position (from 0) of ``tuple[X, Y]``."""
    tree = _expression(text)
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        tree = _expression(tree.value)
    if isinstance(tree, ast.Subscript) and _last_part(tree.value) in ("tuple", "Tuple"):
        items = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else []
        return tuple(dict.fromkeys(_names(items[position], depth=0))) if position < len(items) else ()
    return ()


def _expression(text: str) -> ast.expr | None:
    """None of text that is no expression."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _names(node: ast.expr, *, depth: int) -> list[str]:
    if depth > 20:
        return []
    match node:
        case ast.Constant(value=str(inner)):
            quoted = _expression(inner)
            return _names(quoted, depth=depth + 1) if quoted is not None else []
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _names(left, depth=depth + 1) + _names(right, depth=depth + 1)
        case ast.Subscript(value=value, slice=inner_slice):
            outer = _last_part(value)
            if outer in _TRANSPARENT or outer == "Union":
                parts = inner_slice.elts if isinstance(inner_slice, ast.Tuple) else [inner_slice]
                taken = parts if outer == "Union" else parts[:1]
                return [name for part in taken for name in _names(part, depth=depth + 1)]
            return _names(value, depth=depth + 1)
        case ast.Name() | ast.Attribute():
            dotted = _dotted(node)
            return [dotted] if dotted else []
    return []


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _last_part(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
