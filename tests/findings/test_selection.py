"""Which rules are on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgleak_lint.findings.selection import glob_matches, ignored_in_file, is_selected, unknown_words

KNOWN = [("PGL101", "never-released"), ("PGL102", "leak-on-path"), ("PGL901", "syntax-error"), ("PGL905", "unreadable")]


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        (["PGL"], [], True),
        ([], [], False),
        (["PGL102"], [], True),
        (["leak-on-path"], [], True),
        (["pgl102"], [], True),
        (["Leak-On-Path"], [], True),
        (["PGL2"], [], False),
        (["PGL"], ["PGL1"], False),
        (["PGL102"], ["PGL1"], True),
        (["leak-on-path"], ["PGL1"], True),
        (["PGL1"], ["PGL102"], False),
        (["PGL1"], ["PGL1"], False),
        (["PGL102"], ["leak-on-path"], False),
        (["ALL"], [], True),
        (["ALL"], ["PGL1"], False),
        (["PGL1"], ["ALL"], True),
        ([""], [], False),
    ],
)
def test_the_most_specific_word_wins_and_at_a_tie_ignore(select: list[str], ignore: list[str], expected: bool) -> None:
    assert is_selected("PGL102", "leak-on-path", select=select, ignore=ignore) is expected


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("PGL99", "PGL901"),
        ("PGL1O2", "PGL102"),
        ("pgl103", "PGL101"),
        ("leak-on-pth", "leak-on-path"),
        ("LEAK_ON_PATH", "leak-on-path"),
        ("qqqq", None),
        ("", None),
    ],
)
def test_unknown_words_come_with_the_nearest(word: str, near: str | None) -> None:
    assert unknown_words([word], KNOWN) == [(word, near)]


def test_known_words_pass() -> None:
    assert unknown_words(["PGL", "PGL1", "pgl101", "leak-on-path", "all"], KNOWN) == []


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("tests/*", "tests/a/b.py", True),
        ("tests/**", "tests/b.py", True),
        ("tests/", "tests/b.py", True),
        ("tests", "app/tests/b.py", True),
        ("app/tests", "app/tests/deep/b.py", True),
        ("./app/x.py", "app/x.py", True),
        ("**/x.py", "x.py", True),
        ("**/x.py", "app/x.py", True),
        ("test_*.py", "app/test_x.py", True),
        ("tests/*", "app/tests/b.py", False),
        ("test", "tests/b.py", False),
        ("app/x.py", "app/xx.py", False),
    ],
)
def test_globs(glob: str, path: str, expected: bool) -> None:
    assert glob_matches(glob, path) is expected


def test_globs_are_relative_to_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path / "tests")
    ignores = (("tests/*", ("PGL1",)), ("x.py", ("PGL2",)), ("app/*", ("PGL3",)))
    assert ignored_in_file("x.py", ignores, root=str(tmp_path)) == ("PGL1", "PGL2")
    assert ignored_in_file(str(tmp_path / "tests" / "y.py"), ignores, root=str(tmp_path)) == ("PGL1",)
    assert ignored_in_file("<stdin>", ignores, root=str(tmp_path)) == ("PGL1",)
    assert ignored_in_file("x.py", ignores, root=None) == ("PGL2",)
