"""``graph``: the pictures from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import LEAK, lint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(LEAK + "\n\ndef other():\n    return 1\n")
    (tmp_path / "bad.py").write_text("def f(:\n")
    return tmp_path


@pytest.mark.parametrize(("shape", "start"), [("mermaid", "flowchart TD"), ("dot", "digraph"), ("svg", "<svg ")])
def test_shapes(project: Path, shape: str, start: str) -> None:
    function = next(line for line in LEAK.splitlines() if "def " in line).partition("def ")[2].partition("(")[0]
    done = lint(project, "graph", f"a.py::{function}", "--format", shape, "--output-file", "out/g")
    assert (done.code, done.err) == (0, "")
    drawn = (project / "out/g").read_text()
    assert drawn.startswith(start)
    assert "leak" in drawn or "penwidth" in drawn


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("a.py::othr", "a.py has no function 'othr'; did you mean 'other'?"),
        ("b.py::f", "no such file or directory: b.py"),
        ("bad.py::f", "bad.py: syntax error: invalid syntax; not checked"),
        ("a.py::other --format pdf", "--format: 'pdf' is not one of mermaid, dot, svg"),
        ("a.py::other --line 3", "--line: no finding in 'other' on line 3"),
    ],
)
def test_wrong_request(project: Path, words: str, line: str) -> None:
    done = lint(project, "graph", *words.split())
    assert (done.code, done.err) == (2, f"error: {line}\n")
