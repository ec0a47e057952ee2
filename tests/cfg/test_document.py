"""Bytes to text to tree: every way in which that can fail is data."""

from __future__ import annotations

import libcst
import pytest

from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault, check_syntax, decode, parse_tree, split_lines

READABLE = {
    "byte order mark": (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
    "CRLF": (b"x = 1\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n"),
    "form feed": (b"x = 1\n\x0c\ny = 2\n", "x = 1\n\x0c\ny = 2\n"),
    "empty": (b"", ""),
    "latin-1, declared": ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "# coding: latin-1\nx = 'é'\n"),
}


@pytest.mark.parametrize("name", READABLE)
def test_readable(name: str) -> None:
    data, text = READABLE[name]
    assert decode(data) == text
    assert check_syntax(text) is None
    assert isinstance(parse_tree(text), libcst.Module)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = '\xe9'\n", "cannot decode as utf-8: byte 0xe9 at line 1; not checked"),
        (b"x = 1\ny = '\xe9'\n", "cannot decode as utf-8: byte 0xe9 at line 2; not checked"),
        (b"# coding: nonesuch\nx = 1\n", "unknown encoding 'nonesuch'; not checked"),
    ],
)
def test_undecodable(data: bytes, message: str) -> None:
    fault = decode(data)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.message) == ("PGL905", message)


ABSURD = {
    "brackets": "x = " + "(" * 10_000 + ")" * 10_000 + "\n",
    "not": "x = " + "not " * 20_000 + "y\n",
    "minus": "x = " + "-" * 20_000 + "y\n",
    "elif": "if a: pass\n" + "elif a: pass\n" * 20_000,
    "NUL": "x = 1\0\n",
    "plain error": "def f(:\n",
    "indentation": "if x:\npass\n",
}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_input_never_kills_the_process(name: str) -> None:
    fault = run_with_deep_stack(lambda: check_syntax(ABSURD[name]))
    if fault is None:
        assert name == "elif", "only a chain is within the parser's reach in a deep stack"
        assert isinstance(run_with_deep_stack(lambda: parse_tree(ABSURD[name])), libcst.Module)
    else:
        assert fault.code == "PGL901"
        assert fault.message.startswith("syntax error: ")
        assert fault.message.endswith("; not checked")
        assert fault.line >= 1
        assert fault.column >= 1


def test_newer_syntax_reaches_libcst() -> None:
    assert run_with_deep_stack(lambda: check_syntax("type X[T] = list[T]\n")) is None


def test_lines_end_where_python_ends_them() -> None:
    assert split_lines("a\x0cb\u2028c\x0bd\ne\r\nf\rg") == ["a\x0cb\u2028c\x0bd", "e", "f", "g"]
