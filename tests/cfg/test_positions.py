"""Spans agree with those of `ast`, on real files."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest

from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import split_lines
from pgleak_lint.source.positions import find_positions
from pgleak_lint.source.span import Span

PAIRS: dict[type[cst.CSTNode], type[ast.AST]] = {
    cst.Call: ast.Call, cst.Attribute: ast.Attribute, cst.Name: ast.Name, cst.Await: ast.Await, cst.Lambda: ast.Lambda,
    cst.Subscript: ast.Subscript, cst.IfExp: ast.IfExp, cst.Tuple: ast.Tuple, cst.List: ast.List, cst.Dict: ast.Dict,
    cst.ListComp: ast.ListComp, cst.Return: ast.Return, cst.Raise: ast.Raise, cst.Assert: ast.Assert, cst.While: ast.While,
    cst.FunctionDef: ast.FunctionDef, cst.ClassDef: ast.ClassDef, cst.Yield: ast.Yield, cst.Comparison: ast.Compare,
}  # fmt: skip
SOURCES = ["argparse.py", "ast.py", "typing.py", "contextlib.py", "tarfile.py", "dataclasses.py", "asyncio/tasks.py"]
NON_ASCII = 'é = f("ü", 日本(1))\nx = ("ä",\n     g(é))\n'


@pytest.mark.parametrize("name", [*SOURCES, NON_ASCII])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_spans_are_those_of_ast(name: str, newline: str) -> None:
    text = name if "\n" in name else (Path(ast.__file__).parent / name).read_text("utf-8")
    text = text.replace("\n", newline)
    ours, theirs = run_with_deep_stack(lambda: _ours(text)), _theirs(text)
    for node, other in PAIRS.items():
        # libcst has names where `ast` has strings (arguments, keywords, attributes): there ours are more.
        missing = theirs[other] - ours[node]
        assert not missing, f"{other.__name__}: {sorted(missing)[:5]}"


def _ours(text: str) -> dict[type[cst.CSTNode], set[Span]]:
    tree = cst.parse_module(text)
    positions = find_positions(tree)
    found: dict[type[cst.CSTNode], set[Span]] = {kind: set() for kind in PAIRS}
    stack: list[cst.CSTNode] = [tree]
    while stack:
        node = stack.pop()
        if type(node) in found:
            found[type(node)].add(positions[id(node)])
        stack.extend(node.children)
    return found


def _theirs(text: str) -> dict[type[ast.AST], set[Span]]:
    lines = split_lines(text)
    column = lambda line, offset: len(lines[line - 1].encode()[:offset].decode()) + 1  # noqa: E731
    found: dict[type[ast.AST], set[Span]] = {kind: set() for kind in PAIRS.values()}
    tree = ast.parse(text)
    # `x[a, b]`: a tuple for `ast`, several elements of one subscript for libcst.
    keys = {id(node.slice) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    for node in ast.walk(tree):
        kind = ast.FunctionDef if isinstance(node, ast.AsyncFunctionDef) else type(node)
        if kind not in found or id(node) in keys or _is_inside_string(node, lines):
            continue
        start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        found[kind].add(Span(start[0], column(*start), end[0], column(*end)))
    return found


def _is_inside_string(node: ast.AST, lines: list[str]) -> bool:
    """Before 3.12 `ast` gives wrong places inside f-strings."""
    first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
    return any("f'" in line or 'f"' in line for line in lines[first - 1 : last])
