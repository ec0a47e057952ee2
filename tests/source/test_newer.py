"""Syntax of newer versions, as an older parser can read it."""

import ast
import sys

import pytest

from pgleak_lint.source.document import Syntax, read_what_can_be
from pgleak_lint.source.newer import as_older

GENERIC = (
    ("def f[T](x: T) -> T: ...", "def f   (x: T) -> T: ..."),
    ("async def f[T: (int, str), *Ts](x): ...", "async def f" + " " * 20 + "(x): ..."),
    ("class C[T: 'a]b', **P](Base[T]): x = y[0]", "class C" + " " * 15 + "(Base[T]): x = y[0]"),
    ("if x:\n    def f[T](self): return [1]\n", "if x:\n    def f   (self): return [1]\n"),
    ("def f[\n    T,\n](x): ...", "def f[\n    T,\n](x): ..."),  # blanks would end the line
    ("def f[*Ts, T, **P](x): ...", "def f" + " " * 13 + "(x): ..."),
    ("def f[T(x): ...\ny = 1]", "def f[T(x): ...\ny = 1]"),
    ("def f[0](x): ...", "def f[0](x): ..."),
    ("def f[](x): ...", "def f[](x): ..."),
    ("class C[T U]: ...", "class C[T U]: ..."),
    ("class C[T, /]: ...", "class C[T, /]: ..."),
    ("class C[*, T]: ...", "class C[*, T]: ..."),
    ("class C[*Ts: int]: ...", "class C[*Ts: int]: ..."),
    ("class C[T # ]\n]: ...", "class C[T # ]\n]: ..."),
    ("print(def_[0])", "print(def_[0])"),
    ('"""\ndef f[T](): ...\n"""\n', '"""\ndef f   (): ...\n"""\n'),  # nobody asks for the words of a string
)


@pytest.mark.parametrize(("text", "older"), GENERIC)
def test_type_parameters_give_way_to_blanks(text: str, older: str) -> None:
    assert as_older(text) == older
    assert len(older) == len(text)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
def test_generic_functions_need_no_concrete_tree() -> None:
    text = "class C[T]:\n    def f[U](self, x: U) -> T:\n        return x\n"
    syntax = read_what_can_be(text)
    assert isinstance(syntax, Syntax)
    assert isinstance(syntax.tree, ast.Module)
    assert [node.lineno for node in ast.walk(syntax.tree) if isinstance(node, ast.FunctionDef)] == [2]
    newer = read_what_can_be("type X = int\n")
    assert isinstance(newer, Syntax)
    assert not isinstance(newer.tree, ast.Module)
