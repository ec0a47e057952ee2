"""Spans of libcst nodes, from one pass of its code generator.

Generating the code of an untouched tree gives back its text, so the number of characters generated so far says where a
node begins and ends. Only that number is kept during the pass; lines and columns are worked out for the nodes that
somebody asks about. libcst's own provider works them out for every token, at four times the price.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import cast

import libcst as cst
from libcst._nodes.internal import CodegenState

from pgleak_lint.source.span import Span

_LINE_END = re.compile(r"\r\n?|\n")
_PARENTHESES_BELONG = frozenset({cst.Tuple, cst.GeneratorExp})
"""As in `ast`: the innermost parentheses around these are a part of them."""

Range = tuple[int, int]


def find_positions(tree: cst.Module, *, above: int = 0) -> Mapping[int, Span]:
    """``id(node)`` → its span, without the white space and parentheses around it. Valid as long as the tree lives. ``above``
    is the number of lines that stand above the text of the tree."""
    state = _Offsets(default_indent=tree.default_indent, default_newline=tree.default_newline)
    tree._codegen(state)
    return _Spans("".join(state.tokens), state.found, above)


class _Spans(Mapping[int, Span]):
    """Works out spans from ranges of characters, each when it is asked for."""

    def __init__(self, text: str, ranges: dict[int, Range], above: int) -> None:
        self._ranges = ranges
        self._above = above
        self._line_starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def __getitem__(self, key: int) -> Span:
        start, end = self._ranges[key]
        starts = self._line_starts
        line, end_line = bisect_right(starts, start), bisect_right(starts, end)
        columns = start - starts[line - 1] + 1, end - starts[end_line - 1] + 1
        return Span(line + self._above, columns[0], end_line + self._above, columns[1])

    def __iter__(self) -> Iterator[int]:
        return iter(self._ranges)

    def __len__(self) -> int:
        return len(self._ranges)


class _Offsets(CodegenState):
    """Keeps, for each node, where it starts and ends in the generated text."""

    def __init__(self, *, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent=default_indent, default_newline=default_newline)
        self.found: dict[int, Range] = {}
        self.offset = 0
        self._starts: list[int] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.offset += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(self.offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        start, key = self._starts.pop(), id(node)
        if key not in self.found:
            self.found[key] = (start, self.offset)
        # `isinstance` would ask an abstract class, which takes longer than all else here.
        if type(node) in _PARENTHESES_BELONG:
            inner = cast("cst.Tuple | cst.GeneratorExp", node)
            if inner.lpar:
                self.found[key] = (self.found[id(inner.lpar[-1])][0], self.found[id(inner.rpar[0])][1])

    # libcst writes this as a generator; an object of our own takes a third of the time, and it is used for most nodes.
    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> _Record:
        return _Record(self, node, start_node, end_node)


class _Record:
    """Lasts from the first to the last token of a node."""

    __slots__ = ("end_node", "node", "start", "start_node", "state")

    def __init__(
        self, state: _Offsets, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.state = state
        self.node = node
        self.start_node = start_node
        self.end_node = end_node
        self.start = state.offset

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        found = self.state.found
        start, end = self.start, self.state.offset
        if self.start_node is not None:
            start = found[id(self.start_node)][0]
        if self.end_node is not None:
            end = found[id(self.end_node)][1]
        found[id(self.node)] = (start, end)
