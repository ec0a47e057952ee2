"""Spans of libcst nodes, from one pass of its code generator.

libcst's own provider takes twice as long, for the sake of a metadata framework that is not needed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import libcst as cst
from libcst._nodes.internal import CodegenState

from pgleak_lint.source.span import Span

_LINE_END = re.compile(r"\r\n?|\n")


def find_positions(tree: cst.Module) -> Mapping[int, Span]:
    """``id(node)`` → its span, without the white space and parentheses around it. Valid as long as the tree lives."""
    state = _Positions(default_indent=tree.default_indent, default_newline=tree.default_newline)
    tree._codegen(state)
    return state.found


class _Positions(CodegenState):
    """Counts lines and columns instead of keeping the text."""

    def __init__(self, *, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent=default_indent, default_newline=default_newline)
        self.found: dict[int, Span] = {}
        self._line = 1
        self._column = 1
        self._starts: list[tuple[int, int]] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value: str) -> None:
        if "\n" in value or "\r" in value:
            parts = _LINE_END.split(value)
            self._line += len(parts) - 1
            self._column = len(parts[-1]) + 1
        else:
            self._column += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append((self._line, self._column))

    def after_codegen(self, node: cst.CSTNode) -> None:
        line, column = self._starts.pop()
        if id(node) not in self.found:
            self.found[id(node)] = Span(line, column, self._line, self._column)

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = (self._line, self._column)
        try:
            yield
        finally:
            end = (self._line, self._column)
            if start_node is not None:
                start = self.found[id(start_node)][:2]
            if end_node is not None:
                end = self.found[id(end_node)][2:]
            self.found[id(node)] = Span(*start, *end)
