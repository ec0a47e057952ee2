"""``check`` end to end: findings, exit codes, selection, standard input, output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import LEAK, LEAK_LINE, concise, environment, hear_interrupts, lint

CLEAN = LEAK.replace("        return None\n", "        pass\n").replace("conn = await pool.acquire()", "pass")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(LEAK)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", 1),
        ("--exit-zero", 0),
        ("--ignore PGL102", 0),
        ("--select PGL2", 0),
        ("--select PGL1 --ignore PGL102", 0),
        ("--select PGL102 --ignore PGL1", 1),
        ("--select PGL102 --ignore leak-on-path", 0),
        ("--select pgl2 --extend-select leak-on-path", 1),
        ("--exit-zero nowhere.py", 2),
    ],
)
def test_exit_code(project: Path, words: str, code: int) -> None:
    assert lint(project, "check", "a.py", *words.split()).code == code


def test_fail_on(project: Path) -> None:
    (project / "a.py").write_text(LEAK.replace("    if row is None:\n        return None\n", ""))
    severities = {
        found["severity"] for found in json.loads(lint(project, "check", "--output-format", "json").out)["findings"]
    }
    assert severities == {"warning"}
    assert lint(project, "check", "--fail-on", "error").code == 0
    assert lint(project, "check", "--fail-on", "error", "--strict").code == 1


def test_text(project: Path) -> None:
    run = lint(project, "check")
    assert (
        run.lines[0]
        == "a.py:5:18: error: PGL102 leak-on-path: connection from `pool` is not released when `row is None`"
    )
    assert run.lines[-1].startswith("1 error in 1 of 1 file; 1 acquire site.")
    assert "\x1b" not in run.out
    assert "\x1b" in lint(project, "check", "--color", "always").out
    assert "^^^" not in lint(project, "check", "--no-trace").out
    assert "1 of 1 file" not in lint(project, "-q", "check").out


def test_json(project: Path) -> None:
    report = json.loads(lint(project, "check", "--output-format", "json").out)
    assert report["summary"]["exit_code"] == 1
    assert [(found["code"], found["line"], found["column"]) for found in report["findings"]] == [("PGL102", 5, 18)]


def test_output_file_makes_its_folders(project: Path) -> None:
    run = lint(project, "check", "--output-format", "json", "--output-file", "out/deep/leaks.json")
    assert (run.out, run.code) == ("", 1)
    assert json.loads((project / "out/deep/leaks.json").read_text())["summary"]["errors"] == 1


def test_absolute_paths_are_shown_as_seen_from_here(project: Path) -> None:
    assert concise(project, str(project / "a.py")).lines == [f"a.py:{LEAK_LINE}"]


def test_standard_input(project: Path) -> None:
    assert concise(project, "-", stdin=LEAK.encode()).lines == [f"<stdin>:{LEAK_LINE}"]
    named = concise(project, "--stdin-filename", "app/x.py", "-", stdin=LEAK.encode())
    assert named.lines == [f"app/x.py:{LEAK_LINE}"]
    left_out = concise(project, "--stdin-filename", "build/x.py", "-", stdin=LEAK.encode())
    assert (left_out.out, left_out.code) == ("", 0)


def test_suppression(project: Path) -> None:
    (project / "a.py").write_text(LEAK.replace("acquire()", "acquire()  # pgleak: ignore[PGL102] on purpose"))
    assert lint(project, "check").code == 0
    assert lint(project, "check", "--no-suppressions").code == 1


def test_per_file_ignores_hold_from_any_folder(project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "b.py").write_text(LEAK)
    (project / "pgleak-lint.toml").write_text('[per-file-ignores]\n"tests/*" = ["PGL102"]\n')
    assert concise(project).lines == [f"a.py:{LEAK_LINE}"]
    assert concise(project / "tests").lines == []
    assert concise(project / "tests", "b.py").lines == []


def many(folder: Path, count: int = 150) -> None:
    for number in range(count):
        (folder / f"m{number:03}.py").write_text(LEAK)


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    many(tmp_path)
    alone, together = (lint(tmp_path, "check", "--jobs", jobs) for jobs in ("1", "4"))
    assert alone == together
    assert alone.out.count("PGL102 leak-on-path") == 150


@pytest.mark.parametrize("after", [1.5, 2.0, 2.5])
def test_interrupt(tmp_path: Path, after: float) -> None:
    many(tmp_path, 4000)
    command = [sys.executable, "-m", "pgleak_lint", "check", "--jobs", "2"]
    running = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=hear_interrupts,
    )
    time.sleep(after)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (out, err, running.returncode) == (b"", b"", 130)


def test_a_run_that_is_killed_leaves_no_processes(tmp_path: Path) -> None:
    many(tmp_path, 4000)
    command = [sys.executable, "-m", "pgleak_lint", "check", "--jobs", "2", "--no-cache"]
    running = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, start_new_session=True)
    time.sleep(2)
    running.kill()
    running.communicate(timeout=60)  # ends when the last process that could write to it has ended


def test_other_reports_beside_the_first(project: Path) -> None:
    done = lint(project, "check", "--report", "sarif=out/leaks.sarif", "--report", "markdown=out/leaks.md", "a.py")
    assert done.code == 1
    assert LEAK_LINE.partition(":")[0] in done.out
    assert json.loads((project / "out/leaks.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "PGL102"
    assert (project / "out/leaks.md").read_text().startswith("## pgleak-lint")


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("pdf=x", "error: --report: 'pdf' is not one of text, concise, json, jsonlines, sarif, github, gitlab, junit,"),
        ("sarif", "error: --report: no file is named for 'sarif': --report sarif=PATH"),
        ("json=a.py/x", "error: cannot write a.py/x: not a directory"),
    ],
)
def test_a_wrong_report(project: Path, value: str, line: str) -> None:
    done = lint(project, "check", "--report", value, "a.py")
    assert done.code == 2
    assert done.err.startswith(line)


def test_watch_checks_again_after_a_change(project: Path) -> None:
    command = [sys.executable, "-m", "pgleak_lint", "check", "--watch", "--output-format", "concise", "."]
    with subprocess.Popen(
        command,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        preexec_fn=hear_interrupts,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        first = running.stderr.readline()
        assert first.startswith("checked 1 file in ")
        assert first.endswith("; 1 finding; waiting\n")
        (project / "b.py").write_text(LEAK)
        assert running.stderr.readline().endswith("; 2 findings; waiting\n")
        (project / "pgleak-lint.toml").write_text("ignore = [")
        assert "not valid TOML" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
        assert running.stdout.read().count("PGL102") == 3


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--watch -", "--watch cannot be used with standard input"),
        ("--watch --add-ignores .", "--watch and --add-ignores exclude each other"),
        ("--progress often .", "--progress: 'often' is not one of auto, never"),
    ],
)
def test_contradictions_of_runs(project: Path, words: str, line: str) -> None:
    done = lint(project, "check", *words.split())
    assert (done.code, done.err) == (2, f"error: {line}\n")
