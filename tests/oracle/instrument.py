"""Makes any function of the fragment executable: for the hand-written table and for replaying a printed
program.

Generated programs get their executable text from `tests.oracle.programs.render`; this does the same from
source, so that the two can be held against each other.
"""

from __future__ import annotations

import ast

from tests.oracle.programs import COROUTINES, FLAGS, GIVEN, PARAMETERS, VARIABLES


def instrument(text: str) -> tuple[str, str]:
    """The mode and the executable text of the last function in ``text``. Line numbers stay as they are."""
    functions = [node for node in ast.parse(text).body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    function = functions[-1]
    own = [node for statement in function.body for node in _own(statement)]
    if isinstance(function, ast.AsyncFunctionDef):
        mode = "async-manager" if function.decorator_list else "async"
    else:
        mode = "generator" if any(isinstance(node, ast.Yield) for node in own) else "sync"
        mode = "manager" if function.decorator_list else mode
    lines = text.splitlines()
    edits = _Edits(lines)
    for statement in function.body:
        edits.visit(statement)
    stored = {node.id for node in own if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    names = sorted(stored | {*VARIABLES, *FLAGS})
    signature = ", ".join(
        ["pool", "owner", "bag", *(f"{name}=_ub" for name in names if name != GIVEN), f"{GIVEN}=None"]
    )
    prefix = "async def" if mode in COROUTINES else "def"
    first = function.body[0].lineno
    result = edits.apply()
    head = [""] * (function.lineno - 1) + [f"{prefix} target({signature}):"]
    head += [""] * (first - 1 - len(head))
    return mode, "\n".join([*head, *result[first - 1 : function.end_lineno]]) + "\n"


def _own(node: ast.AST) -> list[ast.AST]:
    """``node`` and what is in it, without the insides of nested functions."""
    found = [node]
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            found += _own(child)
    return found


_ITERABLES = {"items()": "_items()", "range(2)": "_some()", "(1, 2)": "_some()"}


class _Edits(ast.NodeVisitor):
    """Collects replacements of source ranges, inner before outer."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.edits: list[tuple[int, int, int, str]] = []
        self.loops = 0

    def replace(self, node: ast.expr | ast.stmt, text: str) -> None:
        assert node.lineno == node.end_lineno and node.end_col_offset is not None
        self.edits.append((node.lineno, node.col_offset, node.end_col_offset, text))

    def wrap(self, node: ast.expr, before: str, after: str) -> None:
        assert node.end_lineno is not None and node.end_col_offset is not None
        self.edits.append((node.end_lineno, node.end_col_offset, node.end_col_offset, after))
        self.edits.append((node.lineno, node.col_offset, node.col_offset, before))

    def apply(self) -> list[str]:
        lines = list(self.lines)
        for line, start, end, text in sorted(self.edits, key=lambda edit: edit[:3], reverse=True):
            old = lines[line - 1]
            lines[line - 1] = old[:start] + text + old[end:]
        return lines

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in PARAMETERS and isinstance(node.ctx, ast.Load):
            self.replace(node, f"_p({node.id[1:]})")

    def visit_Compare(self, node: ast.Compare) -> None:
        operator, right = node.ops[0], node.comparators[0]
        if (
            isinstance(operator, (ast.Is, ast.IsNot))
            and isinstance(node.left, ast.Name)
            and isinstance(right, ast.Constant)
        ):
            call = f"_isnone({node.left.id})"
            self.replace(node, call if isinstance(operator, ast.Is) else f"(not {call})")
        elif isinstance(operator, ast.Is) and ast.unparse(right) == GIVEN:
            self.replace(node, f"_same({ast.unparse(node.left)}, {GIVEN})")
        else:
            self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> None:
        self.replace(node, "; ".join(f"{ast.unparse(target)} = _ub" for target in node.targets))

    def visit_While(self, node: ast.While) -> None:
        self.loops += 1
        if ast.unparse(node.test) == "cond()":
            self.replace(node.test, f"_while({self.loops})")
        else:
            self.wrap(node.test, f"_tick({self.loops}) and (", ")")
            self.visit(node.test)
        for statement in (*node.body, *node.orelse):
            self.visit(statement)

    def visit_For(self, node: ast.For) -> None:
        text = ast.unparse(node.iter)
        if text in _ITERABLES:
            self.replace(node.iter, _ITERABLES[text])
        for statement in (*node.body, *node.orelse):
            self.visit(statement)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if isinstance(node.type, ast.Name) and node.type.id == "ValueError":
            self.replace(node.type, "_matches()")
        for statement in node.body:
            self.visit(statement)

    def visit_Match(self, node: ast.Match) -> None:
        self.wrap(node.subject, "_check(", ")")
        for case in node.cases:
            for statement in case.body:
                self.visit(statement)

    def visit_Call(self, node: ast.Call) -> None:
        if ast.unparse(node) == "contextlib.suppress(ValueError)":
            self.replace(node, "_suppress()")
            return
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "execute":
            self.wrap(function.value, "_subject(", ")")
        self.generic_visit(node)
