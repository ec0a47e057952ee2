"""What is left out because of words and names changes nothing: the same results with and without."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pgleak_lint import Settings
from pgleak_lint.pipeline import project
from pgleak_lint.pipeline.check_file import check_file
from pgleak_lint.pipeline.effort import Effort
from pgleak_lint.pipeline.result import FileResult
from pgleak_lint.project.store import shown_path
from pgleak_lint.source.deep_stack import run_with_deep_stack
from tests.analysis.test_shapes import cases as shapes
from tests.project.test_program import _parameters as projects

ROOT = Path(__file__).parents[2]


def both(shown: str, text: str, settings: Settings, home: str | None = None) -> tuple[FileResult, FileResult]:
    """The results with as little and with as much effort as can be."""

    def check(effort: Effort) -> FileResult:
        project.forget_projects()
        return check_file(shown, text.encode(), settings, home, effort)

    return run_with_deep_stack(lambda: (check(Effort.NEEDED), check(Effort.ALL)))


@pytest.mark.parametrize(("title", "code"), [pytest.param(*case, id=case[0]) for case in shapes()][::3])
def test_shapes(title: str, code: str) -> None:
    quick, thorough = both("a.py", code, Settings())
    assert quick == thorough


PROJECTS = pytest.mark.parametrize("case", [pytest.param(case.values[0], id=case.id) for case in projects()])


@PROJECTS
def test_projects(case: dict[str, str], tmp_path: Path) -> None:
    check_both_ways(case, tmp_path)


@PROJECTS
@pytest.mark.parametrize("first", range(3))
def test_projects_whose_names_are_those_of_drivers(case: dict[str, str], first: int, tmp_path: Path) -> None:
    taken = ("connection", "acquire", "Session", "connect", "begin", "getconn", "session")
    own = sorted(
        {name for code in case.values() for name in re.findall(r"^ *(?:async )?(?:def|class) (\w+)", code, re.M)}
    )
    renamed = {name: taken[(first + place) % len(taken)] for place, name in enumerate(own) if name[:2] != "__"}
    words = re.compile(rf"\b({'|'.join(renamed)})\b") if renamed else re.compile("(?!)")
    check_both_ways({path: words.sub(lambda match: renamed[match[0]], code) for path, code in case.items()}, tmp_path)


def check_both_ways(case: dict[str, str], tmp_path: Path) -> None:
    for name, code in case.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    settings = Settings(root=os.fspath(tmp_path))
    for name, code in case.items():
        quick, thorough = both(name, code, settings, os.fspath(tmp_path / name))
        assert quick == thorough, name


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.py")), ids=lambda path: path.stem)
def test_examples(path: Path) -> None:
    quick, thorough = both("a.py", path.read_text("utf-8"), Settings())
    assert quick == thorough


BROKEN = {
    "a.py": "import psycopg2\ndef take():\n    return psycopg2.connect()\n",
    "b.py": "from a import take\ndef f():\n    return take() take()\ndef g():\n    return 1\n",
    "c.py": "from a import take\ndef f():\n    return 1 1\ndef g():\n    conn = take()\n",
}


@pytest.mark.parametrize("first", [(), ("b.py", "c.py")])
def test_errors_of_syntax_in_large_runs(first: tuple[str, ...], tmp_path: Path) -> None:
    """Those in functions that may acquire are told, whoever has looked into the module before."""
    for name, code in BROKEN.items():
        (tmp_path / name).write_text(code, "utf-8")
    settings = Settings(root=os.fspath(tmp_path))
    project.forget_projects()
    for name in first:
        project.project_of(settings).load(os.fspath(tmp_path / name))

    def check(name: str) -> FileResult:
        home = os.fspath(tmp_path / name)
        return check_file(shown_path(home), BROKEN[name].encode(), settings, home, Effort.NEEDED)

    broken, closed = run_with_deep_stack(lambda: (check("b.py"), check("c.py")))
    assert [(found.code, found.span and found.span.line) for found in broken.diagnostics] == [("PGL901", 3)]
    assert (closed.diagnostics, [finding.code for finding in closed.findings]) == ((), ["PGL101"])
