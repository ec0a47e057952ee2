"""The command line as its users meet it: exit codes, streams, and one line for each bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEAK = "import psycopg2\n\n\ndef f(dsn):\n    conn = psycopg2.connect(dsn)\n    conn.cursor()\n"
CLEAN = "import psycopg2\n\n\ndef f(dsn):\n    return psycopg2.connect(dsn)\n"


def run(
    *arguments: str, cwd: Path, stdin: bytes | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``pgleak-lint`` in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1", **(env or {})}
    command = [sys.executable, "-m", "pgleak_lint", *arguments]
    done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, env=environment, timeout=120, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of its own, with the root of a repository."""
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_findings_exit_1_and_go_to_standard_output(project: Path) -> None:
    write(project, {"a.py": LEAK, "b.py": CLEAN})
    done = run("check", cwd=project)
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.startswith("a.py:5:12: warning: PGL101 never-released: ")
    assert (
        " 5 |     conn = psycopg2.connect(dsn)\n   |            ^^^^^^^^^^^^^^^^^^^^^ 1 acquired here\n" in done.stdout
    )
    assert done.stdout.endswith("1 warning in 1 of 2 files; 2 acquire sites. By pool: psycopg2 1.\n")


def test_a_clean_run(project: Path) -> None:
    write(project, {"b.py": CLEAN})
    done = run("check", ".", cwd=project)
    assert (done.returncode, done.stdout) == (0, "no leaks: 1 file, 1 acquire site checked\n")


def test_concise(project: Path) -> None:
    write(project, {"a.py": LEAK})
    done = run("check", "--output-format", "concise", "a.py", cwd=project)
    assert done.stdout == "a.py:5:12: PGL101 connection from `psycopg2.connect(dsn)` is never released\n"


def test_json(project: Path) -> None:
    write(project, {"sub/a.py": LEAK})
    done = run("check", "--output-format", "json", ".", cwd=project / "sub")
    document = json.loads(done.stdout)
    assert document["base_dir"] == ".."
    assert document["summary"]["exit_code"] == done.returncode == 1
    (finding,) = document["findings"]
    assert finding["path"] == "sub/a.py"
    assert {key: finding[key] for key in ("code", "line", "column", "end_line", "end_column", "function", "exits")} == {
        "code": "PGL101", "line": 5, "column": 12, "end_line": 5, "end_column": 33, "function": "f",
        "exits": ["return", "exception"],
    }  # fmt: skip
    assert [step["kind"] for step in finding["trace"]] == ["acquire", "exit"]
    assert finding["resource"] == {"kind": "connection", "driver": "psycopg2", "variable": "conn", "pool": None}
    assert finding["fingerprint"].startswith("1:")


def test_the_fingerprint_survives_moved_lines(project: Path) -> None:
    write(project, {"a.py": LEAK, "b.py": "# one more line\n" + LEAK})
    document = json.loads(run("check", "--output-format", "json", cwd=project).stdout)
    first, second = document["findings"]
    assert first["fingerprint"] == second["fingerprint"]


def test_output_file(project: Path) -> None:
    write(project, {"a.py": LEAK})
    done = run("check", "--output-file", "out/report.txt", cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    assert "PGL101" in (project / "out/report.txt").read_text()


def test_select_and_ignore(project: Path) -> None:
    write(project, {"a.py": LEAK})
    assert run("check", "--ignore", "PGL101", cwd=project).returncode == 0
    assert run("check", "--ignore", "PGL1", "--select", "PGL101", cwd=project).returncode == 1
    assert run("check", "--select", "PGL2,leak-on-path", cwd=project).returncode == 0
    assert run("check", "--exit-zero", cwd=project).returncode == 0
    assert run("check", "--fail-on", "error", cwd=project).returncode == 0
    assert run("check", "--strict", "--fail-on", "error", cwd=project).returncode == 1


def test_standard_input(project: Path) -> None:
    done = run(
        "check", "--output-format", "concise", "--stdin-filename", "app/x.py", "-", cwd=project, stdin=LEAK.encode()
    )
    assert done.returncode == 1
    assert done.stdout.startswith("app/x.py:5:12: PGL101")
    assert run("check", "-", cwd=project, stdin=LEAK.encode()).stdout.startswith("<stdin>:5:12:")


BAD_FILES: dict[str, tuple[str | bytes, str]] = {
    "syntax.py": ("def f(:\n", "PGL901 syntax error: "),
    "nul.py": (b"x = 1\x00\n", "PGL901 syntax error: "),
    "latin.py": (b"x = '\xe9'\n", "PGL905 cannot decode as utf-8: byte 0xe9 at line 1; not checked"),
    "encoding.py": ("# coding: nonesuch\n", "PGL905 unknown encoding 'nonesuch'; not checked"),
    "brackets.py": (
        "x = " + "[" * 10000 + "]" * 10000,
        "PGL901 syntax error: too many nested parentheses; not checked",
    ),
    "nots.py": ("import psycopg2\nx = " + "not " * 20000 + "y\n", "PGL901 syntax error: "),
}


def test_bad_files_say_so_and_the_others_are_checked(project: Path) -> None:
    write(project, {name: content for name, (content, _) in BAD_FILES.items()} | {"good.py": LEAK})
    done = run("check", "--output-format", "concise", cwd=project)
    assert done.returncode == 1
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == len(BAD_FILES) + 1
    for name, (_, message) in BAD_FILES.items():
        assert any(line.startswith(f"{name}:") and message in line for line in lines), name
    assert "good.py:5:12: PGL101" in done.stdout
    text = run("check", cwd=project).stdout
    assert f"{len(BAD_FILES)} files not checked (PGL901 4, PGL905 2)" in text


@pytest.mark.parametrize(
    "content",
    ["", "\ufeff" + LEAK, LEAK.replace("\n", "\r\n"), "\x0c\n" + LEAK],
    ids=["empty", "BOM", "CRLF", "form feed"],
)
def test_odd_files_are_checked(project: Path, content: str) -> None:
    write(project, {"a.py": content})
    done = run("check", "--output-format", "concise", cwd=project)
    assert done.stderr == ""
    assert ("PGL101" in done.stdout) == bool(content)


def test_links_and_pipes(project: Path) -> None:
    write(project, {"real/a.py": LEAK})
    (project / "dangling.py").symlink_to("nowhere.py")
    (project / "real/up").symlink_to("..")
    (project / ".#lock.py").symlink_to("user@host")
    os.mkfifo(project / "fifo.py")
    done = run("check", "--output-format", "concise", cwd=project)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "dangling.py:1:1: PGL905 cannot read: not a regular file; not checked",
        "fifo.py:1:1: PGL905 cannot read: not a regular file; not checked",
        "real/a.py:5:12: PGL101 connection from `psycopg2.connect(dsn)` is never released",
    ]


ERRORS = [
    (["chek"], "error: no such command 'chek'; did you mean 'check'?"),
    (["check", "--selct", "x"], "error: no such option '--selct'; did you mean '--select'?"),
    (["check", "--output-format", "xml"], "error: --output-format: 'xml' is not one of text, concise, json"),
    (["check", "--select", "PGL99"], "error: --select: no rule 'PGL99'; did you mean 'PGL901'?"),
    (["check", "srcc"], "error: no such file or directory: srcc; did you mean 'src'?"),
    (["check", "README.md"], "error: README.md: not a Python file"),
    (["--config", "lint.toml", "check"], "error: --config: no such file: lint.toml"),
    (["check", "--jobs", "many"], "error: --jobs: 'many' is not a number above 0, or auto"),
    (["rule", "PGL999"], "error: no rule 'PGL999'; did you mean 'PGL"),
    (["debug", "cfg", "src/a.py::fo"], "error: src/a.py has no function 'fo'; did you mean 'foo'?"),
    (["drivers", "asyncp"], "error: no driver 'asyncp'; did you mean 'asyncpg'?"),
    (["check", "--output-file", "README.md/x", "src"], "error: cannot write README.md/x: not a directory"),
]


@pytest.mark.parametrize(("arguments", "line"), ERRORS, ids=[" ".join(arguments) for arguments, _ in ERRORS])
def test_bad_input_is_one_line_and_exit_2(project: Path, arguments: list[str], line: str) -> None:
    write(project, {"src/a.py": "def foo(): pass\n", "README.md": "words\n"})
    done = run(*arguments, cwd=project)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stdout + done.stderr


SETTINGS = [
    ('select = "PGL1"', "error: pyproject.toml: tool.pgleak-lint.select: expected a list of strings, got a string"),
    ("selct = []", "error: pyproject.toml: tool.pgleak-lint: no setting 'selct'; did you mean 'select'?"),
    ('select = ["PGL99"]', "error: pyproject.toml: tool.pgleak-lint.select: no rule 'PGL99'; did you mean 'PGL901'?"),
    (
        'evidence = "sure"',
        "error: pyproject.toml: tool.pgleak-lint.evidence: 'sure' is not one of proven, likely, weak",
    ),
    ("strict = 1", "error: pyproject.toml: tool.pgleak-lint.strict: expected a boolean, got a number"),
    ("select = [", "error: pyproject.toml:2:11: not valid TOML: "),
]


@pytest.mark.parametrize(("text", "line"), SETTINGS, ids=[text for text, _ in SETTINGS])
def test_bad_settings(project: Path, text: str, line: str) -> None:
    write(project, {"pyproject.toml": f"[tool.pgleak-lint]\n{text}", "a.py": LEAK})
    done = run("check", cwd=project)
    assert done.returncode == 2
    assert done.stderr.startswith(line)


def test_every_wrong_key_is_told(project: Path) -> None:
    write(project, {"pyproject.toml": "[tool.pgleak-lint]\nselct = []\nexlude = []\n", "a.py": LEAK})
    assert run("check", cwd=project).stderr.count("error: ") == 2


def test_settings_are_used(project: Path) -> None:
    settings = '[tool.pgleak-lint]\nper-file-ignores = { "tests/*" = ["PGL101"] }\nexclude = ["gen"]\n'
    write(project, {"pyproject.toml": settings, "app/a.py": LEAK, "tests/a.py": LEAK, "gen/a.py": LEAK})
    done = run("check", "--output-format", "concise", cwd=project)
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["app/a.py"]
    write(project, {"pyproject.toml": '[tool.pgleak-lint]\nignore = ["PGL1"]\n'})
    assert run("check", cwd=project).returncode == 0
    assert run("--isolated", "check", "app", cwd=project).returncode == 1


def test_safe_calls(project: Path) -> None:
    source = LEAK.replace("    conn.cursor()\n", "    audit.note(dsn)\n    conn.close()\n")
    write(project, {"a.py": source})
    assert "PGL103" in run("check", cwd=project).stdout
    write(project, {"pyproject.toml": '[tool.pgleak-lint]\nsafe-calls = ["audit.*"]\n'})
    assert run("check", cwd=project).returncode == 0


def test_nothing_to_check(project: Path) -> None:
    (project / "docs").mkdir()
    done = run("check", "docs", cwd=project)
    assert (done.returncode, done.stderr) == (0, "warning: no Python files found under docs\n")
    assert run("check", "--strict", "docs", cwd=project).returncode == 2


def test_jobs_make_no_difference(project: Path) -> None:
    write(project, {f"p{number}/a.py": LEAK if number % 7 == 0 else CLEAN for number in range(80)})
    one, two = (run("check", "--jobs", jobs, cwd=project) for jobs in ("1", "2"))
    assert (one.returncode, one.stdout) == (two.returncode, two.stdout)
    assert "12 warnings in 12 of 80 files" in one.stdout


def test_hostile_names_and_text(project: Path) -> None:
    write(project, {"a\x1b[31m\n.py": LEAK.replace("dsn)\n    conn.c", "'\x1b[2J\u202e')\n    conn.c")})
    done = run("check", cwd=project)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "a\\x1b[31m\\x0a.py:5:12:" in done.stdout


def test_color(project: Path) -> None:
    write(project, {"a.py": LEAK})
    assert "\x1b[" in run("--color", "always", "check", cwd=project).stdout
    assert "\x1b[" not in run("check", cwd=project, env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" in run("check", cwd=project, env={"FORCE_COLOR": "1", "NO_COLOR": ""}).stdout


def test_a_closed_pipe_is_quiet(project: Path) -> None:
    write(project, {f"p{number}.py": LEAK for number in range(40)})
    command = f"{sys.executable} -m pgleak_lint check | head -1"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(["bash", "-c", command], cwd=project, capture_output=True, env=environment, check=False)
    assert done.stderr == b""


def test_rule_documentation(project: Path) -> None:
    text = run("rule", "pgl103", cwd=project).stdout
    assert "PGL103 leak-on-exception" in text
    assert "How to fix" in text
    assert json.loads(run("rule", "--all", "--output-format", "json", cwd=project).stdout)[0]["code"] == "PGL101"
    assert run("explain", "leak-on-path", "--output-format", "markdown", cwd=project).stdout.startswith("# PGL102")


def test_debug_cfg(project: Path) -> None:
    write(project, {"a.py": LEAK})
    done = run("debug", "cfg", "a.py::f", cwd=project)
    assert done.returncode == 0
    assert done.stdout.startswith("function f(dsn)")
    assert "flowchart TD" in done.stdout


def test_version_and_help_import_neither_libcst_nor_rich(project: Path) -> None:
    for option in ("--version", "--help"):
        code = (
            "import sys\nfrom pgleak_lint.cli.main import main\n"
            f"try: main(['{option}'])\nexcept SystemExit as e: assert e.code == 0\n"
            "assert not {'libcst', 'rich'} & set(sys.modules), 'imported'"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=project, capture_output=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
    assert run("--version", cwd=project).stdout.startswith("pgleak-lint 0.1.0 (Python 3.")


def test_help_fits(project: Path) -> None:
    for arguments in (["--help"], ["check", "-h"], ["rule", "--help"]):
        done = run(*arguments, cwd=project, env={"COLUMNS": "200"})
        assert done.returncode == 0
        assert max(map(len, done.stdout.splitlines())) <= 80


def test_an_internal_fault_is_loud_and_costs_one_file(project: Path) -> None:
    write(project, {"a.py": LEAK, "b.py": LEAK})
    code = (
        "import sys\nimport pgleak_lint.analysis.module as c\nreal = c.analyse\n"
        "def broken(source, *rest):\n    if source.shown == 'a.py': raise TypeError('no')\n    return real(source, *rest)\n"
        "c.analyse = broken\nfrom pgleak_lint.cli.main import main\nmain(['check', '--output-format', 'concise', '.'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, env=environment, check=False, text=True
    )
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        "a.py:1:1: PGL903 internal error in analysis (TypeError); not fully checked; please report with --debug",
        "b.py:5:12: PGL101 connection from `psycopg2.connect(dsn)` is never released",
    ]
    assert done.stderr == ""
