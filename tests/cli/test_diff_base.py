"""``--diff-base``: only findings whose acquire, or a function on their path, differs from where the branch left."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.running import LEAK, Run, concise, lint

HEAD, _, BODY = LEAK.partition("\n\n\n")
FIRST = BODY.replace("name_of", "first")
SECOND = BODY.replace("name_of", "second")
TWO = f"{HEAD}\n\nLIMIT = 1\n\n\n{FIRST}\n\n{SECOND}"
"""``first`` acquires in line 7, ``second`` in line 16."""
MODULE = "import psycopg2\n\nfor name in names:\n    conn = psycopg2.connect(name)\n    print(conn)\n"


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository on a branch that has just left ``main``."""
    folder = tmp_path / "project"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "a.py").write_text(TWO)
    (folder / "m.py").write_text(MODULE)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    git(folder, "checkout", "-qb", "topic")
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "m")


def places(run: Run) -> list[str]:
    return [":".join(line.split(":")[:2]) for line in run.lines]


def since_main(folder: Path, *words: str) -> Run:
    return concise(folder, "--diff-base", "main", *(words or (".",)))


CHANGES = {
    "nothing": ("", "", []),
    "in the first function": ("select 1", "select 2", ["app/a.py:7"]),
    "a line above all": ("LIMIT = 1", "LIMIT = 2", []),
    "a new line above all": ("LIMIT = 1", "LIMIT = 1\nMORE = 2", []),
    "the acquire": ("pool.acquire()", "pool.acquire(timeout=1)", ["app/a.py:7"]),
    "a line taken away": (
        "    if row is None:\n        return None\n",
        "    if row:\n        return None\n",
        ["app/a.py:7"],
    ),
    "the last line of the first": ("    return row\n", "    return (row)\n", ["app/a.py:7"]),
    "a decorator": ("async def first", "@traced\nasync def first", ["app/a.py:8"]),
    "a function between": ("\n\nasync def second", "\n\ndef between():\n    pass\n\n\nasync def second", []),
    "between, taken away": ("LIMIT = 1\n", "", []),
}


@pytest.mark.parametrize("title", CHANGES)
@pytest.mark.parametrize("committed", [True, False])
def test_what_changed(project: Path, title: str, committed: bool) -> None:
    old, new, expected = CHANGES[title]
    (project / "app" / "a.py").write_text(TWO.replace(old, new, 1))
    if committed and old:
        commit(project)
    run = since_main(project)
    assert (places(run), run.code) == (expected, 1 if expected else 0)
    count = 3 - len(expected)
    assert run.err == f"note: {count} findings are not told: nothing there has changed since main\n"


def test_at_module_level_only_the_lines_of_the_path_count(project: Path) -> None:
    (project / "m.py").write_text(f"{MODULE}\n\nX = 1\n")
    assert places(since_main(project)) == []
    (project / "m.py").write_text(MODULE.replace("connect(name)", "connect(name, 1)"))
    assert places(since_main(project)) == ["m.py:4"]


def test_new_files_count_whole(project: Path) -> None:
    (project / ".gitignore").write_text("ignored.py\n")
    for name in ("untracked.py", "staged.py", "ignored.py"):
        (project / name).write_text(LEAK)
    git(project, "add", "staged.py")
    assert places(since_main(project)) == ["ignored.py:5", "staged.py:5", "untracked.py:5"]


def test_a_script_without_suffix(project: Path) -> None:
    (project / "run").write_text("#!/usr/bin/env python\n" + LEAK)
    git(project, "checkout", "-q", "main")
    commit(project)
    git(project, "checkout", "-q", "topic")
    git(project, "reset", "-q", "--hard", "main")
    assert places(since_main(project, "run")) == []
    (project / "run").write_text("#!/usr/bin/env python\n" + LEAK.replace("select 1", "select 2"))
    assert places(since_main(project, "run")) == ["run:6"]


def test_a_moved_file_is_no_change(project: Path) -> None:
    git(project, "mv", "app/a.py", "app/moved.py")
    assert places(since_main(project)) == []
    (project / "app" / "moved.py").write_text(TWO.replace("select 1", "select 2", 1))
    git(project, "add", "-A")
    assert places(since_main(project)) == ["app/moved.py:7"]


def test_what_happened_on_the_other_branch_does_not_matter(project: Path) -> None:
    (project / "m.py").write_text(MODULE + "Y = 1\n")
    commit(project)
    git(project, "checkout", "-q", "main")
    (project / "app" / "a.py").write_text(TWO.replace("select 1", "select 3"))
    commit(project)
    git(project, "checkout", "-q", "topic")
    assert places(since_main(project)) == []


@pytest.mark.parametrize("name", ["späß.py", "with blank.py", 'quo"te.py', "tab\there.py", "-dash.py", "[x].py"])
def test_odd_names(project: Path, name: str) -> None:
    (project / name).write_text(TWO)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "m")
    git(project, "branch", "-f", "main")
    (project / name).write_text(TWO.replace("select 1", "select 2", 1))
    found = [line.split(":")[-3] for line in since_main(project).lines]
    assert found == ["7"]


def test_it_does_not_matter_where_one_stands_or_how_git_is_set_up(project: Path) -> None:
    (project / "app" / "a.py").write_text(TWO.replace("select 1", "select 2", 1))
    for key, value in (
        ("diff.noprefix", "true"),
        ("diff.external", "false"),
        ("color.ui", "always"),
        ("diff.relative", "true"),
        ("diff.context", "9"),
    ):
        git(project, "config", key, value)
    assert places(since_main(project)) == ["app/a.py:7"]
    assert places(since_main(project / "app")) == ["a.py:7"]
    assert places(since_main(project / "app", "..")) == ["a.py:7"]


def test_lines_that_look_like_a_diff(project: Path) -> None:
    odd = 'TEXT = """\n++ b/m.py\n@@ -1,9 +1,9 @@\n-- a/m.py\n"""'
    text = TWO.replace("LIMIT = 1", odd)
    (project / "app" / "a.py").write_text(text)
    assert places(since_main(project)) == []
    head, _, tail = text.rpartition("select 1")
    (project / "app" / "a.py").write_text(f"{head}select 2{tail}")
    assert places(since_main(project)) == ["app/a.py:20"]


def test_what_lies_in_no_repository_is_told(project: Path) -> None:
    (project.parent / "other.py").write_text(LEAK)
    assert len(since_main(project, "../other.py", "app").lines) == 1


def test_comments_are_added_for_what_changed_only(project: Path) -> None:
    (project / "app" / "a.py").write_text(TWO.replace("select 1", "select 2", 1))
    assert since_main(project, "--add-ignores").code == 0
    text = (project / "app" / "a.py").read_text()
    assert text.count("pgleak: ignore") == 1
    assert "pgleak: ignore" in text.split("\n")[6]


def test_diagnostics_stay(project: Path) -> None:
    (project / "bad.py").write_text("def f(:\n")
    commit(project)
    git(project, "branch", "-f", "main")
    assert places(since_main(project)) == ["bad.py:1"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--diff-base nonesuch", "--diff-base: git does not know 'nonesuch'"),
        ("--diff-base=", "--diff-base: git does not know ''"),
        ("--diff-base=--output=x", "--diff-base: git does not know '--output=x'"),
        ("--diff-base island", "--diff-base: 'island' and HEAD have no common ancestor"),
        ("--diff-base main -", "--diff-base cannot be used with standard input"),
        ("--diff-base main --baseline b.json --write-baseline", "--write-baseline and --diff-base exclude each other"),
    ],
)
def test_wrong_requests(project: Path, words: str, line: str) -> None:
    git(project, "checkout", "-q", "--orphan", "island")
    git(project, "commit", "-qm", "another root")
    git(project, "checkout", "-q", "topic")
    run = lint(project, "check", *words.split())
    assert (run.err, run.code) == (f"error: {line}\n", 2)
    assert not (project / "x").exists()


def test_no_repository_and_no_git(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    run = since_main(tmp_path)
    assert (run.err, run.code) == ("error: --diff-base: not a git repository\n", 2)
    run = lint(tmp_path, "check", "--diff-base", "main", PATH="/nonexistent")
    assert (run.err, run.code) == ("error: --diff-base: git is not installed\n", 2)


def test_a_shallow_clone(project: Path) -> None:
    (project / "m.py").write_text(MODULE + "Y = 1\n")
    commit(project)
    git(project, "checkout", "-q", "main")
    (project / "m.py").write_text(MODULE + "Z = 1\n")
    commit(project)
    clone = project.parent / "clone"
    git(project, "clone", "-q", "--depth", "1", "--no-single-branch", "-b", "topic", f"file://{project}", str(clone))
    run = concise(clone, "--diff-base", "origin/main")
    assert run.err == (
        "error: --diff-base: 'origin/main' and HEAD have no common ancestor in this shallow clone; fetch more history\n"
    )
