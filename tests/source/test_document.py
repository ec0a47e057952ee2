"""From bytes to text to a tree: every way in which that fails is data."""

from __future__ import annotations

import os
from pathlib import Path

import libcst
import pytest

from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.depth import DEEPEST, is_absurd
from pgleak_lint.source.document import Fault, check_syntax, decode, parse_tree, read_file, split_lines


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"# coding: latin-1\n# \xe9\n", "# coding: latin-1\n# é\n"),
        (b"#!/bin/sh\n# -*- coding: cp1252 -*-\n# \x80\n", "#!/bin/sh\n# -*- coding: cp1252 -*-\n# €\n"),
        (b"x\r\ny\r", "x\r\ny\r"),
        (b"", ""),
    ],
)
def test_decode(data: bytes, text: str) -> None:
    assert decode(data) == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a\nb\n# \xe9\n", "cannot decode as utf-8: byte 0xe9 at line 3"),
        (b"\xef\xbb\xbf# \xe9\n", "cannot decode as utf-8: byte 0xe9 at line 1"),
        (b"# coding: ascii\n# \xe9\n", "cannot decode as ascii: byte 0xe9 at line 2"),
        (b"# coding: nonesuch\n", "unknown encoding 'nonesuch'"),
        (b"# coding: rot13\nk = 1\n", "unknown encoding 'rot13'"),
    ],
)
def test_not_decodable(data: bytes, words: str) -> None:
    fault = decode(data)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.message) == ("PGL905", f"{words}; not checked")


def test_lines_end_where_python_says() -> None:
    assert split_lines("a\r\nb\rc\nd\x0ce\u2028f") == ["a", "b", "c", "d\x0ce\u2028f"]


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    assert read_file(str(tmp_path / "gone.py")) == Fault("PGL905", "disappeared while being read; not checked")
    assert read_file(str(tmp_path)) == Fault("PGL905", "cannot read: not a regular file; not checked")


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.py").touch()
    monkeypatch.setattr(os, "open", refuse)
    assert read_file(str(tmp_path / "a.py")) == Fault("PGL905", "cannot read: permission denied; not checked")


@pytest.mark.parametrize(
    "text",
    [
        "x = (\n",
        "def f():\nreturn\n",
        "x = 'a\n",
        "a b\n",
        "x = 1\0",
        "def f[0](): pass",
        "class C[]: pass",
        "def f[T U](): pass",
    ],
)
def test_syntax_faults_have_a_place(text: str) -> None:
    fault = run_with_deep_stack(lambda: check_syntax(text))
    assert fault is not None
    assert fault.code == "PGL901"
    assert fault.message.startswith("syntax error: ")
    assert fault.line >= 1
    assert fault.column >= 1


@pytest.mark.parametrize(
    "text", ["x = 1 is 1\n", "'\\d'\n", "x = {**a, 'b': 1}\n", "match a:\n    case [1, *_]: pass\n"]
)
@pytest.mark.filterwarnings("error")
def test_fine(text: str) -> None:
    assert check_syntax(text) is None
    assert isinstance(parse_tree(text), libcst.Module)


def test_newer_syntax_is_left_to_libcst() -> None:
    assert check_syntax("type X = int\ndef f[T](x: T) -> T: return x\n") is None
    assert check_syntax("type X = = int\n") is not None


DEEP = {
    "not": "x = " + "not " * 20_000 + "a\n",
    "minus": "x = " + "-" * 20_000 + "a\n",
    "elif": "if a:\n pass\n" + "elif b:\n pass\n" * 20_000,
    "brackets": "x = " + "[" * 10_000 + "]" * 10_000,
    "attributes": "x = a" + ".b" * 20_000,
    "sums": "x = " + "a + " * 20_000 + "b",
    "patterns": "match a:\n    case " + "[" * 60 + "]" * 60 + ": pass\n",
    "lambdas": "x = " + "lambda: " * 20_000 + "1",
    "decorators": "@" + "a." * 20_000 + "b\ndef f(): pass\n",
    "form feeds": "# " + "\f" * 20_000 + "\nx = 1\ny = " + "a + " * 20_000 + "b\n",
}


@pytest.mark.parametrize("name", DEEP)
@pytest.mark.parametrize("head", ["", "type X = int\n"], ids=["old", "new"])
def test_nothing_that_kills_the_parser_reaches_it(name: str, head: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> libcst.Module:
        raise AssertionError("reached libcst")

    if name == "patterns" and head:
        pytest.skip("needs a tree")
    monkeypatch.setattr(libcst, "parse_module", fail)
    fault = run_with_deep_stack(lambda: check_syntax(head + DEEP[name]))
    assert fault is not None
    assert fault.code == "PGL901"


def test_what_is_long_but_not_deep_is_fine() -> None:
    table = "x = [" + ", ".join(f"'it is {n}', (1, {n})" for n in range(5_000)) + "]\n"
    assert check_syntax(table) is None
    assert not is_absurd("type X = int\n" + table)
    assert check_syntax("x = " + "a + " * (DEEPEST // 2) + "b\n") is None
