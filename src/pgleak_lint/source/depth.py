"""Which texts are nested so deeply that the native parser of libcst would die of them, or need minutes.

CPython's own parser refuses most of them first; what it accepts (chains such as ``a.b.b.b`` have no limit there) and
what it refuses for another reason is measured here, without recursion.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from pgleak_lint.source.document import SHALLOW, split_lines

DEEPEST = SHALLOW // 2
"""Levels of one expression; libcst's time grows with their square."""
DEEPEST_STATEMENT = 5_000
"""Levels of statements: each ``elif`` is one."""
DEEPEST_PATTERN = 16
"""Levels of a pattern of ``match``; libcst's time doubles with each."""
_LONGEST_LINE = 6_000
"""Tokens without a comma of one logical line, where nothing else is known about it."""
_MOST_BRACKETS = 190
"""Brackets in each other; CPython allows 200."""

TOKENS = re.compile(
    r"(?P<skip>#[^\n]*|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<continued>\\\r?\n)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>\n|;)|(?P<comma>,)|(?P<elif>\belif\b)|\w+|[^\w\s]",
    re.DOTALL,
)
"""Tokens of Python, roughly; strings and comments are skipped."""


def is_too_deep(tree: ast.Module, text: str) -> bool:
    """Whether the tree of a text, by CPython's parser, has more levels than the stages after it can take. Expressions are
    looked into only where a statement has enough characters."""
    starts = [0, *accumulate(map(len, split_lines(text)))]
    has_patterns = "match" in text and _has_case(text)
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        below: list[ast.AST] = []
        for node in level:
            if not has_patterns and not getattr(node, "decorator_list", ()) and not _may_be_deep(node, starts):
                continue
            below += [block for name in _BLOCKS for block in getattr(node, name, ())]
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


def _has_case(text: str) -> bool:
    """Whether a line seems to start as the cases of a ``match`` do."""
    start = text.find("case")
    while start >= 0:
        before = text[max(start - 80, 0) : start].rstrip(" \t\f")
        if before[-1:] in ("", "\r", "\n"):
            return True
        start = text.find("case", start + 4)
    return False


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
    return _has_run(text) or any(line.is_absurd for line in _logical_lines(text))


def clipped(text: str) -> str:
    """Absurd text without what makes it so: something else, of the same lines, stands in its place. What is around it, and only
    that, may be the same to a parser."""
    parts: list[str] = []
    last = 0
    for line in _logical_lines(text):
        if line.is_absurd:
            cut = text[line.start : line.end]
            indent = cut[: len(cut) - len(cut.lstrip())]
            stands = "if 1:" if cut.rstrip().endswith(":") else "pass"
            parts += [text[last : line.start], indent, stands, "\n" * (cut.count("\n") - indent.count("\n"))]
            last = line.end
    text = "".join([*parts, text[last:]])
    return TOKENS.sub(_ended, text) if _has_run(text) else text


def _ended(token: re.Match[str]) -> str:
    """An ``elif`` as an ``if``, which goes no level deeper."""
    return "if  " if token.lastgroup == "elif" else token[0]


def _has_run(text: str) -> bool:
    """Whether there are more branches than can be in one statement."""
    if text.count("elif") <= DEEPEST_STATEMENT:
        return False
    return sum(token.lastgroup == "elif" for token in TOKENS.finditer(text)) > DEEPEST_STATEMENT


class _LogicalLine(NamedTuple):
    """Where it starts and ends in the text; ``is_absurd``: it holds more tokens, or brackets in each other, than a real one."""

    start: int
    end: int
    is_absurd: bool


def _logical_lines(text: str) -> Iterator[_LogicalLine]:
    start = tokens = brackets = 0
    is_absurd = False
    for match in TOKENS.finditer(text):
        kind = match.lastgroup
        if kind == "end" and brackets <= 0:
            yield _LogicalLine(start, match.start(), is_absurd)
            start, tokens, brackets, is_absurd = match.end(), 0, 0, False
        elif kind == "comma" and brackets > 0:
            tokens = 0
        elif kind not in ("end", "continued", "skip"):
            tokens += 1
            brackets += (kind == "open") - (kind == "close")
        is_absurd = is_absurd or tokens > _LONGEST_LINE or brackets > _MOST_BRACKETS
    yield _LogicalLine(start, len(text), is_absurd)


def _may_be_deep(node: Any, starts: list[int]) -> bool:
    """Whether a node has enough characters; ``starts`` are the offsets of the lines, without their ends."""
    end = getattr(node, "end_lineno", None)
    if end is None or end >= len(starts):
        return True
    if end == node.lineno:
        return bool(node.end_col_offset - node.col_offset > SHALLOW)
    return bool(starts[end] - starts[node.lineno - 1] + end - node.lineno >= SHALLOW)


def _levels(node: ast.AST) -> int:
    depth, level = 0, [node]
    while level:
        depth += 1
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
    return depth
