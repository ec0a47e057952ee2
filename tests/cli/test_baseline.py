"""Baselines through the command line: writing, comparing, showing, pruning, and what is wrong with them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import LEAK, LEAK_LINE, Run, concise, lint

OTHER = LEAK.replace("name_of", "other_name_of")
FIXED = LEAK.replace("        return None\n", "        pass\n").replace("fetchrow", "fetchrow_or_none")
NOTHING = "x = 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two files with a leak each, both in the baseline ``b.json``."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "a.py").write_text(LEAK)
    (tmp_path / "app" / "b.py").write_text(LEAK)
    assert accept(tmp_path, "--write-baseline").err == "b.json: +2 −0 =2\n"
    return tmp_path


def accept(folder: Path, *words: str) -> Run:
    return concise(folder, "--baseline", "b.json", *words)


def entries(folder: Path, name: str = "b.json") -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((folder / name).read_text())["findings"]
    return found


def test_what_is_accepted_is_not_told(project: Path) -> None:
    assert (accept(project).out, accept(project).code) == ("", 0)
    (project / "app" / "c.py").write_text(LEAK)
    assert accept(project).lines == [f"app/c.py:{LEAK_LINE}"]
    assert "2 findings in the baseline" in lint(project, "check", "--baseline", "b.json").out


def test_edits_elsewhere_do_not_matter(project: Path) -> None:
    (project / "a.py").write_text("# more\n\n" + LEAK.replace("acquire()", "acquire( )") + "\n\ndef g(): pass\n")
    assert accept(project).lines == []


@pytest.mark.parametrize("text", [OTHER, LEAK + OTHER.replace("import asyncpg\n", "")])
def test_another_function_is_new(project: Path, text: str) -> None:
    (project / "a.py").write_text(text)
    assert len(accept(project).lines) == 1


def test_a_worse_code_is_new(project: Path) -> None:
    (project / "a.py").write_text(LEAK.replace("    await pool.release(conn)\n", ""))
    assert "PGL101" in accept(project).out


def test_it_does_not_matter_where_one_stands(project: Path) -> None:
    assert concise(project / "app", "--baseline", "../b.json").lines == []
    (project / "pgleak-lint.toml").write_text('baseline = "b.json"\n')
    assert concise(project / "app").lines == []


def test_json(project: Path) -> None:
    (project / "app" / "c.py").write_text(OTHER)
    shown = json.loads(lint(project, "check", "--baseline", "b.json", "--output-format", "json").out)
    assert [(found["path"], found["baseline"]) for found in shown["findings"]] == [("app/c.py", "new")]
    assert (shown["summary"]["baselined"], shown["summary"]["errors"]) == (2, 1)
    words = ("--baseline", "b.json", "--output-format", "json", "--show-baselined")
    shown = json.loads(lint(project, "check", *words).out)
    states = {found["path"]: found["baseline"] for found in shown["findings"]}
    assert states == {"a.py": "unchanged", "app/b.py": "unchanged", "app/c.py": "new"}
    without = json.loads(lint(project, "check", "--output-format", "json").out)
    assert {found["baseline"] for found in without["findings"]} == {None}


def test_a_comment_comes_before_the_baseline(project: Path) -> None:
    (project / "a.py").write_text(LEAK.replace("acquire()", "acquire()  # pgleak: ignore[PGL102]"))
    assert accept(project).err == "note: 1 baseline entry is fixed; run pgleak-lint baseline prune\n"


@pytest.mark.parametrize(
    ("change", "words", "fixed"),
    [
        ({"a.py": NOTHING}, ".", 1),
        ({"a.py": NOTHING, "app/b.py": NOTHING}, ".", 2),
        ({"a.py": NOTHING}, "app", 0),
        ({"a.py": NOTHING}, "a.py", 1),
        ({"a.py": NOTHING}, "--select PGL2 .", 0),
        ({"a.py": NOTHING}, "--ignore PGL102 .", 0),
        ({"a.py": None}, ".", 1),
        ({"app/b.py": None, "app/c.py": NOTHING}, "app", 1),
        ({"app/b.py": None}, "a.py", 0),
        ({"a.py": "def f(:\n"}, ".", 0),
        ({"a.py": None, "app/moved.py": LEAK}, ".", 0),
        ({"a.py": None, "app/moved.py": LEAK}, "app", 0),
    ],
)
def test_only_what_was_checked_counts_as_fixed(
    project: Path, change: dict[str, str | None], words: str, fixed: int
) -> None:
    for name, text in change.items():
        (project / name).unlink(missing_ok=True)
        if text is not None:
            (project / name).write_text(text)
    told = {0: "", 1: "1 baseline entry is fixed; ", 2: "2 baseline entries are fixed; "}[fixed]
    run = accept(project, *words.split())
    assert run.err == (f"note: {told}run pgleak-lint baseline prune\n" if fixed else "")
    assert not [line for line in run.lines if "PGL1" in line]
    strict = accept(project, "--strict", *words.split())
    assert strict.err == (f"error: {told}run pgleak-lint baseline prune\n" if fixed else "")
    assert strict.code == (1 if fixed or strict.lines else 0)


def test_writing_again_keeps_reasons_and_what_was_not_checked(project: Path) -> None:
    text = (project / "b.json").read_text().replace('"reason": ""', '"reason": "legacy"')
    (project / "b.json").write_text(text)
    (project / "a.py").write_text(OTHER)
    assert accept(project, "--write-baseline", "app").err == "b.json: +0 −0 =2\n"
    assert (project / "b.json").read_text() == text
    run = accept(project, "--write-baseline", ".")
    assert (run.out, run.err, run.code) == ("", "b.json: +1 −1 =2\n", 0)
    told = [(each["path"], each["function"], each["reason"]) for each in entries(project)]
    assert told == [("a.py", "other_name_of", ""), ("app/b.py", "name_of", "legacy")]
    assert accept(project).code == 0


def test_a_moved_file_takes_its_entries_along(project: Path) -> None:
    (project / "a.py").rename(project / "app" / "moved.py")
    assert accept(project).code == 0
    assert accept(project, "--write-baseline").err == "b.json: +0 −0 =2\n"
    assert {each["path"] for each in entries(project)} == {"app/b.py", "app/moved.py"}


def test_writing_makes_folders_and_tells_what_was_not_checked(project: Path) -> None:
    (project / "bad.py").write_text("def f(:\n")
    run = concise(project, "--baseline", "ci/deep/new.json", "--write-baseline")
    assert run.code == 0
    assert run.err.splitlines() == [
        "ci/deep/new.json: +2 −0 =2",
        "note: 1 file was not checked; check without --write-baseline says why",
    ]
    assert len(entries(project, "ci/deep/new.json")) == 2
    assert list((project / "ci/deep").iterdir()) == [project / "ci/deep/new.json"]


def test_add_ignores_is_for_what_is_new(project: Path) -> None:
    (project / "a.py").write_text(LEAK + OTHER.replace("import asyncpg\n", ""))
    run = accept(project, "--add-ignores")
    assert (run.err, run.code) == ("note: 1 finding is suppressed by new comments in 1 file\n", 0)
    assert (project / "a.py").read_text().count("# pgleak: ignore[PGL102]") == 1
    assert (project / "app/b.py").read_text() == LEAK


def test_prune(project: Path) -> None:
    (project / "a.py").write_text(NOTHING)
    (project / "new.py").write_text(OTHER)
    assert lint(project, "baseline", "prune", "--baseline", "b.json", "app").err == "note: 0 entries dropped, 2 left\n"
    run = lint(project, "baseline", "prune", "--baseline", "b.json")
    assert (run.out, run.err, run.code) == ("", "note: 1 entry dropped, 1 left\n", 0)
    assert [each["path"] for each in entries(project)] == ["app/b.py"]


def test_show(project: Path) -> None:
    (project / "b.json").write_text((project / "b.json").read_text().replace('"reason": ""', '"reason": "old"', 1))
    shown = lint(project, "baseline", "show", "--baseline", "b.json")
    assert shown.lines == [
        "a.py", "  PGL102 name_of: pool.acquire()  old",
        "app/b.py", "  PGL102 name_of: pool.acquire()",
        "2 entries in 2 files",
    ]  # fmt: skip


def test_show_knows_from_git_since_when(project: Path) -> None:
    (project / ".git").rmdir()
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false"]
    commit = ["git", *identity, "commit", "-qm", "m", "--date", "2024-05-01T12:00:00Z"]
    for command in (["git", "init", "-q"], ["git", "add", "."], commit):
        subprocess.run(command, cwd=project, check=True)
    (project / "c.py").write_text(LEAK)
    accept(project, "--write-baseline")
    shown = lint(project, "baseline", "show", "--baseline", "b.json").lines
    assert shown[1] == "  PGL102 name_of: pool.acquire()  since 2024-05-01"
    assert shown[5] == "  PGL102 name_of: pool.acquire()  not committed"


WRONG = [
    ("check --baseline x.json", "--baseline: no such file: x.json; create it with --write-baseline"),
    ("check --baseline empty.json", "--baseline: empty.json:1:1: not valid JSON"),
    ("check --baseline empty.json --write-baseline", "--baseline: empty.json:1:1: not valid JSON"),
    ("check --baseline binary.json", "--baseline: binary.json: not valid JSON: not UTF-8"),
    ("check --baseline new.json", "--baseline: new.json: version 9, but this pgleak-lint reads version 1"),
    ("check --baseline app", "--baseline: cannot read app: is a directory"),
    ("check --baseline a.py/b.json --write-baseline", "--baseline: cannot read a.py/b.json: not a directory"),
    ("check --write-baseline", "--write-baseline: no baseline is named; add --baseline FILE, or set baseline"),
    ("check --baseline b.json --write-baseline -", "--write-baseline cannot be used with standard input"),
    ("check --baseline b.json --write-baseline --add-ignores", "--write-baseline and --add-ignores exclude each other"),
    ("baseline show", "no baseline is named; add --baseline FILE, or set baseline in the settings"),
    ("baseline prune --baseline b.json -", "baseline prune cannot check standard input"),
    ("baseline shw", "no such command 'shw'; did you mean 'show'?"),
]


@pytest.mark.parametrize(("words", "line"), WRONG, ids=[words for words, _ in WRONG])
def test_wrong_requests(project: Path, words: str, line: str) -> None:
    (project / "empty.json").write_text("")
    (project / "binary.json").write_bytes(b"\xff\xfe")
    (project / "new.json").write_text('{"version": 9, "findings": []}')
    run = lint(project, *words.split())
    assert (run.err, run.code) == (f"error: {line}\n", 2)
    assert (project / "empty.json").read_text() == ""


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("pgleak-lint.toml", 'baseline = "x.json"', "pgleak-lint.toml: baseline: no such file: x.json; create it with --write-baseline"),
        (
            "pyproject.toml",
            '[tool.pgleak-lint]\nbaseline = "x.json"',
            "pyproject.toml: tool.pgleak-lint.baseline: no such file: x.json; create it with --write-baseline",
        ),
        ("pgleak-lint.toml", 'baseline = "../x.json"', "pgleak-lint.toml: baseline: ../x.json is outside the project"),
        ("pgleak-lint.toml", "baseline = 3", "pgleak-lint.toml: baseline: expected a string, got a number"),
    ],
)  # fmt: skip
def test_wrong_settings(project: Path, file: str, text: str, line: str) -> None:
    (project / file).write_text(text)
    run = lint(project, "check")
    assert (run.err, run.code) == (f"error: {line}\n", 2)
