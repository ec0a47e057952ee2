"""Reading files: whatever is in them, the outcome is a tree or one fault."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import libcst
import pytest

from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault, check_syntax, decode, parse_tree, read_file, split_lines
from pgleak_lint.source.positions import find_positions

READABLE = {
    "empty": b"",
    "utf-8": "x = 'é'\n".encode(),
    "a byte order mark": b"\xef\xbb\xbfx = 1\n",
    "CRLF": b"def f():\r\n    return 1\r\n",
    "CR only": b"x = 1\ry = 2\r",
    "a form feed": b"x = 1\n\x0c\ny = 2\n",
    "declared latin-1": "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
    "no newline at the end": b"x = 1",
    "1,000 elif": b"if a: pass\n" + b"elif b: pass\n" * 1000,
    "a sum of 1,000 terms": b"x = " + b" + ".join([b"a"] * 1000),
    "100 brackets": b"x = " + b"[" * 100 + b"]" * 100,
}


@pytest.mark.parametrize("data", READABLE.values(), ids=READABLE)
def test_readable(data: bytes) -> None:
    text = decode(data)
    assert isinstance(text, str)
    assert check_syntax(text) is None
    assert isinstance(run_with_deep_stack(lambda: parse_tree(text)), libcst.Module)


FAULTY = {
    "undeclared latin-1": (
        b"x = 1\ny = '\xe9'\n",
        "PGL905",
        "cannot decode as utf-8: byte 0xe9 at line 2; not checked",
    ),
    "unknown encoding": (b"# coding: nonesuch\n", "PGL905", "unknown encoding 'nonesuch'; not checked"),
    "a syntax error": (b"x = 1\ndef f(:\n", "PGL901", "syntax error: "),
    "a NUL byte": (b"x = 1\x00\n", "PGL901", "syntax error: "),
    "10,000 brackets": (
        b"x = " + b"[" * 10000 + b"]" * 10000,
        "PGL901",
        "syntax error: too many nested parentheses; not checked",
    ),
    "20,000 not": (b"x = " + b"not " * 20000 + b"y\n", "PGL901", "syntax error: "),
    "20,000 minus": (b"x = " + b"-" * 20000 + b"y\n", "PGL901", "syntax error: "),
    "20,000 elif": (b"if a: pass\n" + b"elif b: pass\n" * 20000, "PGL901", "syntax error: "),
    "a tab after spaces": (b"if a:\n        x = 1\n\ty = 2\n", "PGL901", "syntax error: "),
}


@pytest.mark.parametrize(("data", "code", "message"), FAULTY.values(), ids=FAULTY)
def test_faulty(data: bytes, code: str, message: str) -> None:
    text = decode(data)
    fault = text if isinstance(text, Fault) else check_syntax(text)
    assert fault is not None
    assert fault.code == code
    assert fault.message.startswith(message)
    assert fault.message.endswith("; not checked")
    assert "\n" not in fault.message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    missing = read_file(tmp_path / "gone.py")
    assert missing == Fault("PGL905", "disappeared while being read; not checked")
    (tmp_path / "link.py").symlink_to(tmp_path / "nowhere")
    assert read_file(tmp_path / "link.py") == Fault("PGL905", "cannot read: not a regular file; not checked")
    assert read_file(tmp_path) == Fault("PGL905", "cannot read: not a regular file; not checked")


def test_lines_split_as_python_does() -> None:
    assert split_lines("a\x0cb\r\nc\rd\n\u2028e") == ["a\x0cb", "c", "d", "\u2028e"]


def test_positions_agree_with_ast() -> None:
    """Call spans, in code points, on real files."""
    compared = 0
    for name in ("argparse.py", "asyncio/tasks.py", "dataclasses.py", "json/decoder.py", "textwrap.py"):
        path = Path(sysconfig.get_paths()["stdlib"]) / name
        text = path.read_text(encoding="utf-8")
        lines = text.split("\n")
        tree = libcst.parse_module(text)
        positions = find_positions(tree)
        expected = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                start = len(lines[node.lineno - 1].encode()[: node.col_offset].decode()) + 1
                end = len(lines[(node.end_lineno or 1) - 1].encode()[: node.end_col_offset].decode()) + 1
                expected.add((node.lineno, start, node.end_lineno, end))
        actual = set()
        pending: list[libcst.CSTNode] = [tree]
        while pending:
            node_ = pending.pop()
            pending.extend(node_.children)
            if isinstance(node_, libcst.Call):
                actual.add(tuple(positions[id(node_)]))
        assert actual == expected
        compared += len(expected)
    assert compared > 500
