"""Which texts are nested so deeply that the native parser of libcst would die of them, or need minutes.

CPython's own parser refuses most of them first; what it accepts (chains such as ``a.b.b.b`` have no limit there) and
what it refuses for another reason is measured here, without recursion.
"""

from __future__ import annotations

import ast
import re
from itertools import accumulate
from typing import Any

from pgleak_lint.source.document import split_lines

DEEPEST = 1_500
"""Levels of one expression; libcst's time grows with their square."""
DEEPEST_STATEMENT = 5_000
"""Levels of statements: each ``elif`` is one."""
DEEPEST_PATTERN = 16
"""Levels of a pattern of ``match``; libcst's time doubles with each."""
_LONGEST_LINE = 6_000
"""Tokens without a comma of one logical line, where nothing else is known about it."""
_MOST_BRACKETS = 190
"""Brackets in each other; CPython allows 200."""
_SHORT = 2 * DEEPEST
"""Characters below which no expression can be that deep."""

_TOKENS = re.compile(
    r"(?P<skip>#[^\n]*|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<continued>\\\r?\n)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>\n|;)|(?P<comma>,)|(?P<elif>\belif\b)|\w+|[^\w\s]",
    re.DOTALL,
)


def is_too_deep(tree: ast.Module, text: str) -> bool:
    """Whether the tree of a text, by CPython's parser, has more levels than the stages after it can take. Expressions are
    looked into only where a statement has enough characters."""
    starts = [0, *accumulate(len(line) + 1 for line in split_lines(text))]
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        below: list[ast.AST] = []
        for node in level:
            blocks = [block for name in _BLOCKS for block in getattr(node, name, ())]
            below += blocks
            if isinstance(node, ast.match_case) and _levels(node.pattern) > DEEPEST_PATTERN:
                return True
            if _has_deep_expression(node, starts):
                return True
        level = below
        depth += 1
        if depth > DEEPEST_STATEMENT:
            return True
    return False


_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")
"""The fields of statements that hold others."""


def _has_deep_expression(node: ast.AST, starts: list[int]) -> bool:
    pending: list[ast.AST] = list(getattr(node, "decorator_list", ()))  # stand outside the span of what they decorate
    if _may_be_deep(node, starts):
        pending += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt | ast.pattern)]
    while pending:
        child = pending.pop()
        if isinstance(child, ast.expr):
            if _may_be_deep(child, starts) and _levels(child) > DEEPEST:
                return True
        elif not isinstance(child, ast.excepthandler | ast.match_case):
            pending.extend(ast.iter_child_nodes(child))  # arguments, the items of a `with`
    return False


def is_absurd(text: str) -> bool:
    """The same about text that has no tree, by its tokens: generous, since a real file has no such lines."""
    tokens = brackets = branches = 0
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup
        if (kind == "end" and brackets <= 0) or (kind == "comma" and brackets > 0):
            tokens = 0
            brackets = max(brackets, 0)
        elif kind not in ("end", "continued", "skip"):
            tokens += 1
            brackets += (kind == "open") - (kind == "close")
            branches += kind == "elif"
        if tokens > _LONGEST_LINE or brackets > _MOST_BRACKETS or branches > DEEPEST_STATEMENT:
            return True
    return False


def _may_be_deep(node: Any, starts: list[int]) -> bool:
    """Whether a node has enough characters; ``starts`` are the offsets of the lines, roughly."""
    end = getattr(node, "end_lineno", None)
    if end is None or end >= len(starts):
        return True
    if end == node.lineno:
        return bool(node.end_col_offset - node.col_offset > _SHORT)
    return bool(starts[end] - starts[node.lineno - 1] > _SHORT)


def _levels(node: ast.AST) -> int:
    depth, level = 0, [node]
    while level:
        depth += 1
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
    return depth
