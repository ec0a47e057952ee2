"""Functions that nobody has looked into: what their headers say is known, their ops are read from the text when one asks.

Most functions of a module that can matter have nothing to do with what matters in it. A closed unit answers as an open one
would, so who asks needs not know; who goes through all units of a module asks `CodeUnit.may_mention` first.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, Union

from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.source.document import parse
from pgleak_lint.source.words import has_word

FunctionNode = Union[ast.FunctionDef, ast.AsyncFunctionDef]

_INSIDE = ("is_generator", "bound", "free", "global_names", "nonlocal_names", "outline", "tries")
"""What only the body tells."""


class ClosedUnit(CodeUnit):
    """A function with no other unit in it. ``text``: its lines, ASCII only."""

    __slots__ = ("text",)
    text: str

    def may_mention(self, word: str) -> bool:
        """A cheap no to whether that word is in the function."""
        return has_word(self.text, word)

    def __getattr__(self, name: str) -> Any:
        """What is not there yet."""
        if name not in _INSIDE:
            raise AttributeError(name)
        opened = _opened(self)
        for inside in _INSIDE:
            object.__setattr__(self, inside, getattr(opened, inside))
        return getattr(opened, name)


def closed_unit(header: Mapping[str, Any], text: str) -> ClosedUnit:
    """A unit of which no more is known than that ``header`` (fields of `CodeUnit`)."""
    unit = object.__new__(ClosedUnit)
    fields = {"kind": UnitKind.FUNCTION, "graph": None, "bases": (), "too_large": None, "text": text, **header}
    for name, value in fields.items():
        object.__setattr__(unit, name, value)
    return unit


def closable_text(node: FunctionNode, lines: list[str], leading: frozenset[str]) -> str | None:
    """The lines of a function that can stay closed: it can be cut out of them, has none of those words, and no other unit stands
    in it, which would need a number."""
    line, column, end_line = node.lineno, node.col_offset, node.end_lineno or node.lineno
    if lines[line - 1][:column].strip(" \t") or (column > 0 and line == 1):
        return None  # behind a line continuation
    text = "\n".join(lines[line - 1 : end_line])
    if not text.isascii() or any(has_word(text, word) for word in leading) or _holds_unit(node):
        return None
    return text


def _holds_unit(node: FunctionNode) -> bool:
    pending: list[Any] = [*node.body, node.args]
    while pending:
        inner = pending.pop()
        kind = type(inner)
        if kind in _UNITS:
            return True
        for field in _CHILDREN.get(kind, ()):
            child = getattr(inner, field)
            if type(child) is list:
                pending += child
            elif child is not None:
                pending.append(child)
    return False


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


def _opened(closed: ClosedUnit) -> CodeUnit:
    from pgleak_lint.cfg.outline.units import FunctionOutline

    is_indented = closed.span.column > 1
    text = "if 1:\n" + closed.text if is_indented else closed.text
    node: Any = parse(text).body[0]
    outline = FunctionOutline(closed, text.split("\n"), closed.span.line - 1 - is_indented)
    return outline.read(node.body[0] if is_indented else node)
