"""Spans of libcst nodes, in one pass of code generation."""

from __future__ import annotations

import re
from contextlib import contextmanager

from libcst._nodes.internal import CodegenState

from pgleak_lint.source.span import Span


class Pos(CodegenState):
    def __init__(self, **k):
        super().__init__(**k)
        self.line = 1
        self.col = 0
        self.stack = []
        self.pos = {}

    def add_indent_tokens(self):
        for t in self.indent_tokens:
            self.upd(t)

    def add_token(self, v):
        self.upd(v)

    def upd(self, v):
        if "\n" in v or "\r" in v:
            import re

            seg = re.split(r"\r\n?|\n", v)
            self.line += len(seg) - 1
            self.col = len(seg[-1])
        else:
            self.col += len(v)

    def before_codegen(self, n):
        self.stack.append((self.line, self.col))

    def after_codegen(self, n):
        s = self.stack.pop()
        if id(n) not in self.pos:
            self.pos[id(n)] = Span(s[0], s[1] + 1, self.line, self.col + 1)

    from contextlib import contextmanager

    @contextmanager
    def record_syntactic_position(self, node, *, start_node=None, end_node=None):
        s = (self.line, self.col)
        try:
            yield
        finally:
            e = (self.line, self.col)
            sp = [s[0], s[1] + 1, e[0], e[1] + 1]
            if start_node is not None:
                a = self.pos[id(start_node)]
                sp[0], sp[1] = a.line, a.column
            if end_node is not None:
                a = self.pos[id(end_node)]
                sp[2], sp[3] = a.end_line, a.end_column
            self.pos[id(node)] = Span(*sp)


def positions(tree):
    st = Pos(default_indent=tree.default_indent, default_newline=tree.default_newline)
    tree._codegen(st)
    return st.pos
