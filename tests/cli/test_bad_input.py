"""Files that cannot be checked: one line each, and the others are checked all the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.running import LEAK, LEAK_LINE, concise, lint

FAULTS = [
    ("syntax", b"def f(:\n", "1:7: PGL901 syntax error: invalid syntax; not checked"),
    ("nul", b"x = 1\0\n", "PGL901 syntax error: source code string cannot contain null bytes; not checked"),
    ("latin", b"# caf\xe9\n", "1:1: PGL905 cannot decode as utf-8: byte 0xe9 at line 1; not checked"),
    ("codec", b"# coding: nonesuch\n", "1:1: PGL905 unknown encoding 'nonesuch'; not checked"),
    ("brackets", b"x = " + b"[" * 10_000 + b"]" * 10_000, "PGL901 syntax error: too many nested parentheses; not"),
    ("nots", b"x = " + b"not " * 20_000 + b"a\n", "1:1: PGL901 syntax error: nested beyond the parser; not checked"),
    ("minus", b"x = " + b"-" * 20_000 + b"a\n", "1:1: PGL901 syntax error: nested beyond the parser; not checked"),
    ("elifs", b"if a:\n  pass\n" + b"elif b:\n  pass\n" * 20_000, "1:1: PGL901 syntax error: nested beyond the"),
    ("dots", b"x = a" + b".b" * 20_000 + b"\n", "1:1: PGL901 syntax error: nested beyond the parser; not checked"),
    ("escape", b"x = '\\x1'\n", "PGL901 syntax error: (unicode error) 'unicodeescape' codec can't decode"),
    ("new", b"type X = a" + b".b" * 20_000 + b"\n", "PGL901 syntax error: "),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(LEAK)
    (tmp_path / "z.py").write_text(LEAK)
    return tmp_path


@pytest.mark.parametrize(("name", "data", "line"), FAULTS, ids=[name for name, _, _ in FAULTS])
def test_one_line_and_the_others_are_checked(project: Path, name: str, data: bytes, line: str) -> None:
    (project / "bad.py").write_bytes(data)
    run = concise(project)
    assert (len(run.lines), run.code) == (3, 1), run.out
    assert [run.lines[0], run.lines[2]] == [f"a.py:{LEAK_LINE}", f"z.py:{LEAK_LINE}"]
    if name != "new" or "PGL901" in run.lines[1]:
        assert run.lines[1].startswith("bad.py:")
        assert line in run.lines[1]


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\x0c\n", b"\xef\xbb\xbf", b"# coding: latin-1\n# \xe9\n", b"x = 1\r\ny = 2\r\n", b"x = 1\ry = 2\r"],
)
def test_odd_but_fine(project: Path, data: bytes) -> None:
    (project / "odd.py").write_bytes(data)
    assert len(concise(project).lines) == 2


@pytest.mark.parametrize("head", [b"\xef\xbb\xbf", b"\x0c"])
def test_leak_behind_byte_order_mark_or_form_feed(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "a.py").write_bytes(head + LEAK.encode())
    assert concise(tmp_path).lines == [f"a.py:{LEAK_LINE}"]


def test_leak_with_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(LEAK.replace("\n", "\r\n").encode())
    assert concise(tmp_path).lines == [f"a.py:{LEAK_LINE}"]
    assert "\r" not in lint(tmp_path, "check", "a.py").out


def test_no_regular_files(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    (project / "gone.py").symlink_to("nowhere.py")
    (project / ".#lock.py").symlink_to("user@host.1234")
    run = concise(project)
    assert run.lines[1:3] == [
        "gone.py:1:1: PGL905 cannot read: not a regular file; not checked",
        "pipe.py:1:1: PGL905 cannot read: not a regular file; not checked",
    ]
    assert (len(run.lines), run.code) == (4, 1)
    assert concise(project, "pipe.py").code == 2


def test_a_file_of_several_gigabytes(project: Path) -> None:
    with (project / "big.py").open("wb") as file:
        file.truncate(5 * 2**30)  # takes no room on the disk
    run = concise(project)
    assert run.lines[1] == "big.py:1:1: PGL905 cannot read: larger than 64 MiB; not checked"
    assert (len(run.lines), run.code) == (3, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(project: Path) -> None:
    (project / "secret.py").write_text(LEAK)
    (project / "secret.py").chmod(0)
    (project / "shut").mkdir(mode=0)
    run = concise(project)
    assert "secret.py:1:1: PGL905 cannot read: permission denied; not checked" in run.lines
    assert "shut:1:1: PGL905 cannot read: permission denied; not checked" in run.lines
    assert run.code == 1
    assert concise(project, "secret.py").code == 2
    assert concise(project, "shut").code == 2


def test_folder_without_python(project: Path) -> None:
    (project / "docs").mkdir()
    run = lint(project, "check", "docs")
    assert (run.out, run.err, run.code) == ("", "warning: no Python files found under docs\n", 0)
    assert lint(project, "check", "--strict", "docs").code == 2


def test_excluded_named_files(project: Path) -> None:
    run = lint(project, "check", "--extend-exclude", "[az].py", "a.py", "z.py")
    assert run.err == "note: 2 named files are excluded (tool.pgleak-lint.exclude); --no-exclude checks them\n"
    assert (run.out, run.code) == ("", 0)


def test_unchecked_files_are_counted_even_if_ignored(project: Path) -> None:
    (project / "bad.py").write_text("def f(:\n")
    run = lint(project, "check", "--ignore", "PGL901", "bad.py")
    assert run.code == 0
    assert "1 file not checked" in run.out


HAZARDS = {
    "nots": ("x = " + "not " * 20_000 + "a", True),
    "signs": ("x = " + "-" * 20_000 + "a", True),
    "elifs": ("if a:\n  pass\n" + "elif b:\n  pass\n" * 20_000, True),
    "elifs in a function": ("def g(a):\n    if a: pass\n" + "    elif b: pass\n" * 20_000, True),
    "a header": ("if " + "not " * 20_000 + "a:\n    pass", True),
    "in a method": ("class A:\n    def g(a):\n        return " + "not " * 20_000 + "a", True),
    "brackets that kill": ("x = " + "[" * 10_000 + "]" * 10_000, True),
    "brackets": ("x = " + "[" * 150 + "]" * 150, False),
    "a long sum": ("x = " + "a + " * 6_000 + "b", True),
    "a sum": ("x = " + "a + " * 1_000 + "b", False),
    "calls": ("x = q" + ".filter(1)" * 900, True),
    "some calls": ("x = q" + ".filter(1)" * 225, False),
    "1,000 elifs": ("if a:\n  pass\n" + "elif b:\n  pass\n" * 1_000, False),
    "a table": ("X = [\n" + "".join(f'    ("row {n}", {n}, {n / 7!r}, None),\n' for n in range(5_000)) + "]", False),
    "newer syntax": ("type X = int", False),
}
"""What kills or chokes libcst's parser, and whether it is too much for us, too."""


@pytest.mark.parametrize("name", HAZARDS)
@pytest.mark.parametrize("is_behind", [False, True], ids=["before", "behind"])
def test_leak_beside_a_hazard(tmp_path: Path, name: str, is_behind: bool) -> None:
    text, is_skipped = HAZARDS[name]
    (tmp_path / "a.py").write_text(f"{text}\n\n\n{LEAK}" if is_behind else f"{LEAK}\n\n{text}\n")
    run = concise(tmp_path, "--no-cache")
    skip = ["a.py:1:1: PGL901 syntax error: nested beyond the parser; not checked"] if is_skipped else []
    assert run.lines[: len(skip)] == skip
    (leak,) = run.lines[len(skip) :]
    assert "PGL102" in leak
    assert run.code == 1


def test_nothing_is_told_of_a_function_that_could_not_be_read(tmp_path: Path) -> None:
    deep = "not " * 20_000 + "conn"
    (tmp_path / "a.py").write_text(LEAK.replace("    row = ", f"    deep = {deep}\n    row = "))
    run = concise(tmp_path, "--no-cache")
    assert [line.split()[1] for line in run.lines] == ["PGL901", "PGL904"]


@pytest.mark.parametrize("deep", ["a" + ".b" * 4_000, "[" + "a, " * 3 + "a" + "()" * 4_000 + "]", "a" + "[0]" * 4_000])
def test_leak_beside_what_is_nested_beyond_the_parser(tmp_path: Path, deep: str) -> None:
    (tmp_path / "a.py").write_text(f"{LEAK}\n\ndef g(a):\n    return {deep}\n\n\nBIG = {deep}\n")
    run = concise(tmp_path)
    assert run.lines[:2] == [
        "a.py:1:1: PGL901 syntax error: nested beyond the parser; not checked",
        f"a.py:{LEAK_LINE}",
    ]
    assert concise(tmp_path).lines == run.lines  # from the cache
