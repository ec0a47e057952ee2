"""Suppression comments through the command line: PGL902, required reasons, ``--add-ignores``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.running import LEAK, LEAK_LINE, concise, lint

OTHER = LEAK.replace("acquire()", "acquire()  # pgleak: ignore[PGL103] old")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("x = 1  # pgleak: ignore[PGL102]\n", "", None),
        ("x = 1  # pgleak: ignore[PGL102]\n", "--strict", "a.py:1:8: PGL902 PGL102 silences nothing here"),
        ("x = 1  # pgleak: ignore[PGL102]\n", "--preset all", "a.py:1:8: PGL902 PGL102 silences nothing here"),
        (
            "x = 1  # pgleak: ignore[PGL102]\n",
            "--extend-select PGL902",
            "a.py:1:8: PGL902 PGL102 silences nothing here",
        ),
        ("x = 1  # pgleak: ignore[PGL102]\n", "--select PGL902", None),
        ("x = 1  # pgleak: ignore[PGL102]\n", "--strict --ignore PGL902", None),
        ("x = 1  # pgleak: ignore[PGL102]\n", "--strict --no-suppressions", None),
        ("x = 1  # pgleak: ignore[PGL102]\n", "--strict --ignore PGL102", None),
        ("x = 1  # pgleak: ignore\n", "--strict", "a.py:1:8: PGL902 a suppression without codes silences nothing"),
        (OTHER.replace("PGL103", "PGL102"), "--strict", None),
        ("import asyncpg  # noqa: PGL105\n", "--strict", "a.py:1:17: PGL902 PGL105 silences nothing here"),
    ],
)
def test_comments_that_silence_nothing(project: Path, text: str, words: str, line: str | None) -> None:
    (project / "a.py").write_text(text)
    run = concise(project, *words.split(), ".")
    assert (run.lines, run.code) == ([line] if line else [], 1 if line else 0)


def test_unused_suppressions_are_warnings_and_may_be_tuned(project: Path) -> None:
    (project / "a.py").write_text("x = 1  # pgleak: ignore[PGL102]\n")
    assert concise(project, "--extend-select", "PGL902", "--fail-on", "error", ".").code == 0
    assert concise(project, "--strict", "--fail-on", "error", ".").code == 1
    (project / "pgleak-lint.toml").write_text('per-file-ignores = { "a.py" = ["PGL902"] }\n')
    assert concise(project, "--strict", ".").lines == []


def test_a_reason_may_be_required(project: Path) -> None:
    (project / "pgleak-lint.toml").write_text("[suppressions]\nrequire-reason = true\n")
    (project / "a.py").write_text(OTHER.replace("[PGL103] old", "[PGL102]"))
    assert concise(project).lines == [
        f"a.py:{LEAK_LINE}",
        "a.py:5:34: PGL902 a suppression without a reason silences nothing (suppressions.require-reason)",
    ]
    (project / "a.py").write_text(OTHER.replace("PGL103", "PGL102"))
    assert concise(project).lines == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("suppressions = true", "pgleak-lint.toml: suppressions: expected a table, got a boolean"),
        (
            "[suppressions]\nrequire-reasons = true",
            "pgleak-lint.toml: no setting 'suppressions.require-reasons'; did you mean 'suppressions.require-reason'?",
        ),
        (
            "suppressions.require-reason = 1",
            "pgleak-lint.toml: suppressions.require-reason: expected a boolean, got a number",
        ),
    ],
)
def test_wrong_settings(project: Path, text: str, line: str) -> None:
    (project / "pgleak-lint.toml").write_text(text)
    run = lint(project, "check")
    assert (run.err, run.code) == (f"error: {line}\n", 2)


def test_add_ignores(project: Path) -> None:
    (project / "a.py").write_text(LEAK)
    (project / "b.py").write_bytes(b"\xef\xbb\xbf" + OTHER.replace("\n", "\r\n").encode())
    (project / "c.py").write_bytes(b"# coding: latin-1\n# \xe9\n" + LEAK.encode())
    (project / "clean.py").write_text("x = 1\n")
    before = (project / "clean.py").stat().st_mtime_ns
    run = concise(project, "--add-ignores=the reaper", ".")
    assert (run.out, run.err, run.code) == ("", "note: 3 findings are suppressed by new comments in 3 files\n", 0)
    comment = "acquire()  # pgleak: ignore[PGL102] the reaper"
    assert (project / "a.py").read_text() == LEAK.replace("acquire()", comment)
    both = OTHER.replace("[PGL103] old", "[PGL103, PGL102] old").replace("\n", "\r\n")
    assert (project / "b.py").read_bytes() == b"\xef\xbb\xbf" + both.encode()
    new = LEAK.replace("acquire()", comment).encode()
    assert (project / "c.py").read_bytes() == b"# coding: latin-1\n# \xe9\n" + new
    assert (project / "clean.py").stat().st_mtime_ns == before
    assert concise(project).code == 0
    again = concise(project, "--add-ignores", ".")
    assert again.err == "note: 0 findings are suppressed by new comments in 0 files\n"
    assert (project / "a.py").read_text() == LEAK.replace("acquire()", comment)


def test_add_ignores_takes_no_path_for_a_reason(project: Path) -> None:
    (project / "app").mkdir()
    (project / "app" / "a.py").write_text(LEAK)
    (project / "b.py").write_text(LEAK)
    assert concise(project, "--add-ignores", "app").code == 0
    assert "# pgleak: ignore[PGL102]\n" in (project / "app" / "a.py").read_text()
    assert (project / "b.py").read_text() == LEAK


def test_add_ignores_leaves_what_it_cannot_do(project: Path) -> None:
    data = b"# coding: latin-1\n" + LEAK.encode()
    (project / "a.py").write_bytes(data)
    run = concise(project, "--add-ignores=時", ".")
    assert run.err.startswith("error: cannot write a.py: its encoding lacks characters of the reason\n")
    assert (run.code, len(run.lines), (project / "a.py").read_bytes()) == (2, 1, data)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_add_ignores_to_a_file_that_is_not_writable(project: Path) -> None:
    (project / "a.py").write_text(LEAK)
    (project / "a.py").chmod(0o444)
    run = concise(project, "--add-ignores", ".")
    assert run.err.startswith("error: cannot write a.py: permission denied\n")
    assert run.code == 2


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--add-ignores -", "--add-ignores cannot change standard input"),
        ("--add-ignores --no-suppressions .", "--add-ignores and --no-suppressions exclude each other"),
        ("--add-ignores .", "--add-ignores: suppressions.require-reason asks for one: --add-ignores=REASON"),
    ],
)
def test_wrong_requests(project: Path, words: str, line: str) -> None:
    (project / "pgleak-lint.toml").write_text("suppressions.require-reason = true\n")
    run = lint(project, "check", *words.split())
    assert (run.err, run.code) == (f"error: {line}\n", 2)
