"""Faults of ours cost one file, never the run."""

from __future__ import annotations

import ast
import multiprocessing
import os
from pathlib import Path

import pytest

import pgleak_lint
from pgleak_lint import Settings, check_paths, check_source
from pgleak_lint.pipeline import check_file, project, run
from pgleak_lint.pipeline.project import project_of
from pgleak_lint.project import store
from pgleak_lint.source.discovery import PathError
from tests.cli.running import LEAK
from tests.support import check_lines


def test_check_source() -> None:
    report = check_source(LEAK, path="app/x.py")
    assert [(found.path, found.span.line, found.code) for found in report.findings] == [("app/x.py", 5, "PGL102")]
    assert (report.exit_code, report.acquire_sites, report.files_checked) == (1, 1, 1)
    assert check_lines(LEAK) == [(5, "PGL102")]


def test_check_paths(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    assert check_paths([tmp_path]).exit_code == 1
    assert check_paths([str(tmp_path / "a.py")], settings=Settings(ignore=("PGL102",))).exit_code == 0
    with pytest.raises(PathError, match="no such file or directory"):
        check_paths([tmp_path / "b.py"])


def test_what_changed_between_two_calls_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    helper, user = tmp_path / "helper.py", tmp_path / "user.py"
    user.write_text("from helper import take\n\ndef use():\n    conn = take()\n    conn.execute('x')\n")
    helper.write_text("def take():\n    return None\n")
    assert check_paths([user]).exit_code == 0
    helper.write_text("import psycopg2\n\ndef take():\n    return psycopg2.connect('x')\n")
    assert [found.code for found in check_paths([user]).findings] == ["PGL101"]
    helper.write_text("import psycopg2\n\ndef take():\n    psycopg2.connect('x').execute('y')\n")
    assert [found.path for found in check_paths([helper]).findings] == ["helper.py"]


def test_files_that_others_import_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"m{number}" for number in range(5)]
    for name in names:
        (tmp_path / f"{name}.py").write_text("".join(f"import {other}\n" for other in names))
    read: list[str] = []
    original = project.read_file

    def noted(path: Path) -> object:
        read.append(Path(path).stem)
        return original(path)

    monkeypatch.setattr(project, "read_file", noted)
    assert check_paths([tmp_path]).files_checked == 5
    assert sorted(read) == names


def test_per_file_ignores() -> None:
    settings = Settings(per_file_ignores=(("tests/*", ("PGL1",)),))
    assert check_source(LEAK, path="tests/x.py", settings=settings).exit_code == 0
    assert check_source(LEAK, path="src/x.py", settings=settings).exit_code == 1


def test_the_public_names_exist() -> None:
    for name in pgleak_lint.__all__:
        assert getattr(pgleak_lint, name)
    with pytest.raises(AttributeError):
        _ = pgleak_lint.nonesuch


def test_a_failing_rule_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = list(check_file.all_rules())

    class Broken:
        META = rules[0].META
        EXAMPLES = ()

        def check(self, facts: object) -> object:
            raise TypeError("oops")

    monkeypatch.setattr(check_file, "all_rules", lambda: [Broken(), *rules[1:]])
    report = check_source(LEAK)
    assert [found.code for found in report.findings] == ["PGL102"]
    assert [found.message for found in report.diagnostics] == [
        f"internal error in {rules[0].META.code} (TypeError); not fully checked; please report with --debug"
    ]
    assert (report.exit_code, report.files_not_checked) == (2, 1)
    assert "oops" in report.faults[0]


def test_a_failing_analysis_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outline = store.outline_module

    def fail(tree: ast.Module, lines: list[str], leading: frozenset[str]) -> object:
        if "bang = 1" in lines:
            raise KeyError("bang")
        return outline(tree, lines, leading)

    monkeypatch.setattr(store, "outline_module", fail)
    (tmp_path / "a.py").write_text(LEAK)
    (tmp_path / "b.py").write_text(LEAK + "bang = 1\n")
    report = check_paths([tmp_path])
    assert [found.code for found in report.findings] == ["PGL102"]
    assert [found.code for found in report.diagnostics] == ["PGL903"]
    assert (report.exit_code, report.files_checked, report.files_not_checked) == (2, 1, 1)


def test_a_file_that_vanishes_after_the_walk(tmp_path: Path) -> None:
    task = run.Task(str(tmp_path / "gone.py"), "gone.py", Settings())
    report = run.summarise(run.run([task]), fail_on="warning")
    assert [found.message for found in report.diagnostics] == ["disappeared while being read; not checked"]
    assert report.exit_code == 1


def _die_of_bang(task: run.Task, traced: bool) -> object:
    if task.text == b"bang":
        os._exit(1)
    return check_file.check_file(task.shown, task.text or b"", task.settings)


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="workers inherit the patch only by fork")
def test_a_dying_worker_costs_only_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_check", _die_of_bang)
    texts = [b"bang" if number == 70 else LEAK.encode() for number in range(100)]
    tasks = [run.Task(f"m{n:03}.py", f"m{n:03}.py", Settings(), text) for n, text in enumerate(texts)]
    report = run.summarise(run.run(tasks, jobs=2), fail_on="warning")
    assert len(report.findings) == 99
    assert [(found.path, found.code) for found in report.diagnostics] == [("m070.py", "PGL903")]
    assert report.exit_code == 2


@pytest.mark.parametrize(
    ("text", "matters"),
    [
        ("import asyncpg", False),
        ("import asyncpg\nasyncpg.connect()", True),
        ("from psycopg2 import connect as c", True),
        ("from psycopg2 import connect\nc = connect", True),
        ("import psycopg2  # connect", False),
        ("from sqlalchemy.orm import Session\ndef f():\n    s: Session = g.connection.x", False),
        ("self.main_pool.acquire()", True),
        ("to_thread(self._pool.getconn, 1)", True),
        ("get = self._pool.acquire", True),
        ("make = sessionmaker(engine)", True),
        ("with SessionLocal() as s: pass", True),
        ("conn = POOL \\\n  .getconn()", True),
        ("engine.connect()", True),
        ('def f():\n    """Calls engine.connect()."""', False),
        ("engine = None  # engine.connect()", False),
        ('def f():\n    """Calls engine.connect()."""\n    engine.connect()', True),
        ('engine.execute(f"""{engine.connect()}""")', True),
        ("lock.acquire()", False),
        ("pool.submit(f)", False),
        ("x = 1", False),
    ],
)
def test_which_files_can_matter(text: str, matters: bool) -> None:
    assert project_of(Settings()).relevance.can_matter(text.encode(), None) is matters
