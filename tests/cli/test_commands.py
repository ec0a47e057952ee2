"""Help, versions, and the commands beside ``check``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pgleak_lint.rules import ALL
from tests.cli.running import environment, lint


@pytest.mark.parametrize("words", ["--help", "-h", "--version", "check --help", "rule -h", "--help check"])
def test_help_needs_neither_parser_nor_terminal_library(words: str) -> None:
    code = (
        "import sys\nfrom pgleak_lint.cli.main import main\n"
        f"try: main({words.split()!r})\nexcept SystemExit as end: assert end.code == 0\n"
        "assert not {'libcst', 'rich'} & set(sys.modules), 'imported'"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80 or words == "--version"


def test_import_is_lazy() -> None:
    code = "import sys, pgleak_lint; assert not {'libcst', 'click', 'rich'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


def test_both_help_options_are_the_same_and_end_with_three_examples(tmp_path: Path) -> None:
    for command in ((), ("check",)):
        short, long = (lint(tmp_path, *command, option) for option in ("-h", "--help"))
        assert short == long
        assert short.lines[-4].strip() == "Examples:"


def test_version(tmp_path: Path) -> None:
    shape = r"pgleak-lint \S+ \(Python \S+, libcst \S+, rich \S+, \d+ driver models\)\n"
    assert re.fullmatch(shape, lint(tmp_path, "--version").out)


@pytest.mark.parametrize("word", ["PGL102", "pgl102", "leak-on-path", "Leak-On-Path"])
def test_rule(tmp_path: Path, word: str) -> None:
    run = lint(tmp_path, "rule", word)
    assert run.lines[0].startswith("PGL102 leak-on-path: ")
    assert lint(tmp_path, "explain", word) == run


def test_all_rules(tmp_path: Path) -> None:
    rules = json.loads(lint(tmp_path, "rule", "--all", "--output-format", "json").out)
    assert [rule["code"] for rule in rules] == [rule.META.code for rule in ALL]
    assert lint(tmp_path, "rule", "--all", "--output-format", "markdown").out.count("\n# PGL") == len(ALL) - 1


def test_drivers(tmp_path: Path) -> None:
    assert "asyncpg.pool.Pool.acquire" in lint(tmp_path, "drivers", "asyncpg").out
    assert {
        row["driver"] for row in json.loads(lint(tmp_path, "drivers", "sqlite3", "--output-format", "json").out)
    } == {"sqlite3"}


@pytest.mark.parametrize("shape", ["text", "mermaid", "both"])
def test_control_flow_graph(tmp_path: Path, shape: str) -> None:
    (tmp_path / "a.py").write_text("def f(x):\n    if x:\n        return 1\n    return 2\n")
    run = lint(tmp_path, "debug", "cfg", "a.py::f", "--format", shape)
    assert run.code == 0
    assert ("flowchart" in run.out or "graph" in run.out) == (shape != "text")
