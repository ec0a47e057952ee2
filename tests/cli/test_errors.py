"""Wrong requests: one line on standard error, exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import LEAK, LEAK_LINE, concise, environment, lint

REQUESTS = [
    ("chek", "no such command 'chek'; did you mean 'check'?"),
    ("debug cgf", "no such command 'cgf'; did you mean 'cfg'?"),
    ("check --selct X", "no such option '--selct'; did you mean '--select'?"),
    ("--quiett check", "no such option '--quiett'; did you mean '--quiet'?"),
    (
        "check --output-format xml",
        "--output-format: 'xml' is not one of text, concise, json, jsonlines, sarif, github, gitlab, junit, checkstyle, rdjson, markdown, html",
    ),
    ("check --evidence sure", "--evidence: 'sure' is not one of proven, likely, weak"),
    ("check --fail-on never", "--fail-on: 'never' is not one of error, warning, note"),
    ("check --color red", "--color: 'red' is not one of auto, always, never"),
    ("--color red check", "--color: 'red' is not one of auto, always, never"),
    ("check --jobs 0", "--jobs: '0' is not a number above 0, or auto"),
    ("check --select PGL99", "--select: no rule 'PGL99'; did you mean 'PGL901'?"),
    ("check --ignore leak-on-pth", "--ignore: no rule 'leak-on-pth'; did you mean 'leak-on-path'?"),
    ("check --config lint.toml", "--config: no such file: lint.toml"),
    ("--config lint.toml check", "--config: no such file: lint.toml"),
    ("--isolated check --config lint.toml", "--config and --isolated exclude each other"),
    ("check srcc", "no such file or directory: srcc; did you mean 'src'?"),
    ("check README.md", "README.md: not a Python file"),
    ("check - src", "standard input (-) cannot be checked together with other paths"),
    ("check --output-file /dev/full src", "cannot write /dev/full: no space left on device"),
    ("rule PGL1002", "no rule 'PGL1002'; did you mean 'PGL102'?"),
    ("rule", "rule: name a code or a rule, or --all"),
    ("rule --output-format html PGL102", "--output-format: 'html' is not one of text, markdown, json"),
    ("drivers asyncp", "no driver 'asyncp'; did you mean 'asyncpg'?"),
    ("debug cfg src/a.py::name_off", "src/a.py has no function 'name_off'; did you mean 'name_of'?"),
    ("debug cfg src/b.py::f", "no such file or directory: src/b.py"),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(LEAK)
    (tmp_path / "README.md").write_text("# Read me\n")
    return tmp_path


@pytest.mark.parametrize(("words", "line"), REQUESTS, ids=[words for words, _ in REQUESTS])
def test_wrong_request(project: Path, words: str, line: str) -> None:
    run = lint(project, *words.split())
    assert (run.err, run.code) == (f"error: {line}\n", 2)


def test_a_missing_path_does_not_hide_the_findings_of_the_others(project: Path) -> None:
    (project / "gone.py").symlink_to("nowhere.py")
    run = concise(project, "src", "srcc", "gone.py", "README.md")
    assert run.err.splitlines() == [
        "error: no such file or directory: srcc; did you mean 'src'?",
        "error: no such file or directory: gone.py",
        "error: README.md: not a Python file",
    ]
    assert (run.lines, run.code) == ([f"src/a.py:{LEAK_LINE}"], 2)


def test_a_newline_in_a_name_starts_no_line(project: Path) -> None:
    run = concise(project, "a\nb\x1b[31m.py")
    assert run.err == "error: no such file or directory: a\\x0ab\\x1b[31m.py\n"


def test_settings_faults_are_told_a_line_each(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.pgleak-lint]\nselct = ["PGL1"]\nselect = "PGL1"\n')
    run = lint(project, "check", "src")
    assert run.code == 2
    assert run.err.splitlines() == [
        "error: pyproject.toml: tool.pgleak-lint: no setting 'selct'; did you mean 'select'?",
        "error: pyproject.toml: tool.pgleak-lint.select: expected a list of strings, got a string",
    ]


def test_settings_that_are_no_toml(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool\n")
    run = lint(project, "check", "src")
    assert run.code == 2
    assert run.err.startswith("error: pyproject.toml:1:6: not valid TOML: ")
    assert lint(project, "check", "--isolated", "src").code == 1


def test_full_disk(project: Path) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "pgleak_lint", "check", "src"]
        done = subprocess.run(command, cwd=project, stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
    assert done.stderr == b"error: cannot write standard output: no space left on device\n"
    assert done.returncode == 2


@pytest.mark.parametrize(("words", "code"), [("check src", 1), ("check src srcc", 2), ("rule --all", 0)])
def test_closed_pipe_is_quiet_and_keeps_the_exit_code(project: Path, words: str, code: int) -> None:
    command = [sys.executable, "-m", "pgleak_lint", *words.split()]
    running = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    told = [line for line in running.stderr.read().splitlines() if not line.startswith(b"error: no such file")]
    assert (told, running.wait()) == ([], code)
    running.stderr.close()


@pytest.mark.skipif(os.name != "posix", reason="streams are closed by a POSIX shell")
@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("words", "code"), [("check src", 1), ("check srcc", 2), ("check --jobs 2 src", 1), ("--version", 0)]
)
def test_closed_streams(project: Path, words: str, closing: str, code: int) -> None:
    command = ["sh", "-c", f'"$0" -m pgleak_lint {words} {closing}', sys.executable]
    done = subprocess.run(command, cwd=project, capture_output=True, env=environment(), check=False)
    told = b"error: no such file or directory: srcc; did you mean 'src'?\n"
    assert (done.returncode, done.stderr) == (code, told if code == 2 and "2>" not in closing else b"")


ENDING = """\
import atexit, sys, threading, time
from pgleak_lint.cli.main import program

def late():
    time.sleep(0.5)
    print("a thread")

{begin}
atexit.register(print, "an exit function")
sys.argv = ["pgleak-lint", "check", "--output-format", "concise", "--quiet", "src"]
program()
"""


@pytest.mark.parametrize(
    ("begin", "last"),
    [("", ["an exit function"]), ("threading.Thread(target=late).start()", ["a thread", "an exit function"])],
)
def test_the_end_of_the_process(project: Path, begin: str, last: list[str]) -> None:
    command = [sys.executable, "-c", ENDING.format(begin=begin)]
    done = subprocess.run(command, cwd=project, capture_output=True, env=environment(), check=False, text=True)
    assert done.stdout.splitlines()[-len(last) :] == last
    assert len(done.stdout.splitlines()) == len(last) + 1
    assert (done.stderr, done.returncode) == ("", 1)


def test_the_environment_gives_options(project: Path) -> None:
    run = lint(project, "check", "src", PGLEAK_LINT_OUTPUT_FORMAT="concise")
    assert run.lines == [f"src/a.py:{LEAK_LINE}"]
    run = lint(project, "check", "src", PGLEAK_LINT_CONFIG="lint.toml")
    assert (run.err, run.code) == ("error: --config: no such file: lint.toml\n", 2)
