"""Which texts are nested so deeply that the native parser of libcst would die of them, or need minutes.

CPython's own parser refuses most of them first; what it accepts (chains such as ``a.b.b.b`` have no limit there) and
what it refuses for another reason is measured here, without recursion.
"""

from __future__ import annotations

import ast
import re
from itertools import accumulate

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
    """Whether the tree of a text, by CPython's parser, has more levels than the stages after it can take."""
    starts = [0, *accumulate(map(len, text.splitlines(keepends=True)))]
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        below: list[ast.AST] = []
        for node in level:
            if isinstance(node, ast.pattern):
                if _levels(node) > DEEPEST_PATTERN:
                    return True
                continue
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    if _may_be_deep(child, starts) and _levels(child) > DEEPEST:
                        return True
                else:
                    below.append(child)
        level = below
        depth += 1
        if depth > DEEPEST_STATEMENT:
            return True
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


def _may_be_deep(node: ast.expr, starts: list[int]) -> bool:
    """Whether an expression has enough characters; ``starts`` are the offsets of the lines, roughly."""
    if node.end_lineno is None or node.end_col_offset is None or node.end_lineno >= len(starts):
        return True
    if node.end_lineno == node.lineno:
        return node.end_col_offset - node.col_offset > _SHORT
    return starts[node.end_lineno] - starts[node.lineno - 1] > _SHORT


def _levels(node: ast.AST) -> int:
    depth, level = 0, [node]
    while level:
        depth += 1
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
    return depth
