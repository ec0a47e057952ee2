"""Positions and texts of syntax nodes, in the lines of their module."""

from __future__ import annotations

import ast
from typing import Protocol

from pgleak_lint.source.span import Span

_tuple = tuple.__new__


class Placed(Protocol):
    """A node of `ast` with a position."""

    lineno: int
    col_offset: int

    @property
    def end_lineno(self) -> int | None: ...

    @property
    def end_col_offset(self) -> int | None: ...


class Lines:
    """The lines of a text, without their ends. ``above``: how many lines of the module stand before them."""

    def __init__(self, lines: list[str], above: int = 0) -> None:
        self.lines = lines
        self._above = above
        self._is_ascii = None if all(map(str.isascii, lines)) else [line.isascii() for line in lines]

    def span(self, node: Placed) -> Span:
        """Where a node stands in the module, in characters: `ast` counts bytes."""
        line, end_line = node.lineno, node.end_lineno or node.lineno
        column, end_column = node.col_offset, node.end_col_offset or 0
        if self._is_ascii is not None:
            if not self._is_ascii[line - 1]:
                column = self._characters(line, column)
            if not self._is_ascii[end_line - 1]:
                end_column = self._characters(end_line, end_column)
        above = self._above
        return _tuple(Span, (line + above, column + 1, end_line + above, end_column + 1))  # made most often of all

    def _characters(self, line: int, column: int) -> int:
        return len(self.lines[line - 1].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))

    def whole(self) -> Span:
        """That of the module."""
        return Span(1, 1, len(self.lines), len(self.lines[-1]) + 1)

    def text(self, node: ast.expr) -> str:
        """The source of an expression."""
        line, column, end_line, end_column = self.span(node)
        first, last = line - 1 - self._above, end_line - 1 - self._above
        if first == last:
            return self.lines[first][column - 1 : end_column - 1]
        inner = self.lines[first + 1 : last]
        return "\n".join([self.lines[first][column - 1 :], *inner, self.lines[last][: end_column - 1]])
