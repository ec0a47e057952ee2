"""Nothing of what is checked is run: files that leave a trace when they are leave none.

Every module that an import of ours, or of what we import, could mean instead lies in the working directory, with what Python
itself runs at its start, what tools run, and what a project could declare to have run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import LEAK, environment

TRAP = """\
import os
with open(os.path.join({folder!r}, "TRACE-" + {name!r}), "w"):
    pass
"""
MODULES = (
    "conftest", "setup", "sitecustomize", "usercustomize", "noxfile", "tasks", "manage", "__init__", "__main__",
    # what a run imports: ours, our dependencies, the standard library
    "pgleak_lint", "pgleak_lint_rules", "libcst", "click", "rich", "tomllib", "tomli", "pygls", "typing", "dataclasses", "ast", "json", "re",
    "enum", "hashlib", "_blake2", "concurrent", "multiprocessing", "difflib", "functools", "warnings", "signal", "gc", "traceback",
    "inspect", "contextlib", "tempfile", "random", "importlib", "colorama", "libcst_native", "pathlib", "subprocess",
)  # fmt: skip
IMPORTED_BY_PYTHON = (
    "importlib",
    "typing",
    "warnings",
    "contextlib",
    "functools",
    "inspect",
    "re",
    "enum",
    "ast",
    "tokenize",
)
"""What ``python -m`` itself, or an old version of it, imports from the working directory."""
SETTINGS = """\
[build-system]
requires = ["setuptools"]
build-backend = "backend"
backend-path = ["."]

[project.entry-points."pgleak_lint.rules"]
evil = "plugin:rule"

[project.entry-points."pgleak_lint.models"]
evil = "plugin"
"""
COMMANDS = [
    ["check", "."],
    ["check", "--strict", "--jobs", "2", "--output-format", "sarif", "."],
    ["check", "--everything", "--no-cache", "--statistics", "a.py"],
    ["check", "--diff-base", "HEAD", "."],
    ["graph", "a.py::name_of"],
    ["debug", "summary", "a.py::name_of"],
    ["config"],
    ["drivers"],
    ["rule", "--all"],
    ["--version"],
]


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    for name in (*MODULES, "plugin", "backend"):
        (tmp_path / f"{name}.py").write_text(TRAP.format(folder=os.fspath(tmp_path), name=name))
    (tmp_path / "a.py").write_text(f"import conftest, plugin, rich, libcst\n{LEAK}")
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "trap.pth").write_text(f"import os; open(os.path.join({os.fspath(tmp_path)!r}, 'TRACE-pth'), 'w')\n")
    told = tmp_path / "evil-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    groups = "".join(f"[{group}]\nevil = plugin:rule\n" for group in ("pgleak_lint.rules", "pgleak_lint.models"))
    (told / "entry_points.txt").write_text(groups)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q"], ["add", "a.py"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True, capture_output=True)
    hook = tmp_path / ".git" / "hooks" / "post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/TRACE-hook\n")
    hook.chmod(0o755)
    (tmp_path / ".gitattributes").write_text("*.py diff=evil filter=evil\n")
    return tmp_path


@pytest.fixture
def script(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The program as an installation makes it."""
    path = tmp_path_factory.mktemp("bin") / "pgleak-lint"
    path.write_text("from pgleak_lint.cli.main import main\n\nif __name__ == '__main__':\n    main()\n")
    return [sys.executable, os.fspath(path)]


def check_nothing_is_run(folder: Path, command: list[str]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, env=environment(), check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert done.returncode in (0, 1), done.stderr.decode()
    assert [path.name for path in folder.glob("TRACE-*")] == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nothing_is_run(trapped: Path, script: list[str], words: list[str]) -> None:
    check_nothing_is_run(trapped, [*script, *words])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nothing_is_run_by_the_module(trapped: Path, words: list[str]) -> None:
    for name in ("pgleak_lint", *IMPORTED_BY_PYTHON):  # before our first line
        (trapped / f"{name}.py").unlink(missing_ok=True)
    check_nothing_is_run(trapped, [sys.executable, "-m", "pgleak_lint", *words])


def test_the_traps_work(trapped: Path) -> None:
    subprocess.run([sys.executable, "-c", "import plugin"], cwd=trapped, check=False, capture_output=True)
    assert (trapped / "TRACE-plugin").exists()


def test_it_is_checked(trapped: Path, script: list[str]) -> None:
    command = [*script, "check", "--output-format", "concise", "a.py"]
    done = subprocess.run(command, cwd=trapped, capture_output=True, env=environment(), check=False)
    assert b"PGL102" in done.stdout
