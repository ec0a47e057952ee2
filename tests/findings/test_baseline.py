"""What a baseline accepts, and its text."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pgleak_lint.findings.baseline import BaselineError, Entry, entry_for, match, parse, render
from tests.findings.made import finding


def entry(path: str, mark: str = "1", reason: str = "") -> Entry:
    return Entry(f"1:{mark}", "PGL102", path, "f", "pool.acquire()", reason)


def found(path: str, mark: str = "1") -> tuple[str, object]:
    return path, replace(finding(path=path), fingerprint=f"1:{mark}")


# entries, gone paths, findings → accepted (finding → path of its entry), entries that are left
MATCHES = {
    "the same": (["a.py 1"], "", ["a.py 1"], {0: "a.py"}, []),
    "another fingerprint": (["a.py 1"], "", ["a.py 2"], {}, ["a.py 1"]),
    "another file that is there": (["a.py 1"], "", ["b.py 1"], {}, ["a.py 1"]),
    "a moved file": (["a.py 1"], "a.py", ["b.py 1"], {0: "b.py"}, []),
    "moved to a file that has entries": (["a.py 1", "b.py 2"], "a.py", ["b.py 1", "b.py 2"], {1: "b.py"}, ["a.py 1"]),
    "one entry accepts one finding": (["a.py 1"], "", ["a.py 1", "a.py 1"], {0: "a.py"}, []),
    "one entry moves to one file": (["a.py 1"], "a.py", ["b.py 1", "c.py 1"], {0: "b.py"}, []),
    "a file moves with its name": (
        ["old/x.py 1", "old/y.py 1"], "old/x.py old/y.py", ["new/y.py 1"], {0: "new/y.py"}, ["old/x.py 1"],
    ),
    "the same path before a moved one": (["a.py 1", "b.py 1"], "a.py", ["b.py 1"], {0: "b.py"}, ["a.py 1"]),
    "nothing": ([], "", ["a.py 1"], {}, []),
    "fixed": (["a.py 1", "a.py 2"], "", ["a.py 2"], {0: "a.py"}, ["a.py 1"]),
}  # fmt: skip


@pytest.mark.parametrize("title", MATCHES)
def test_match(title: str) -> None:
    entries, gone, findings, accepted, left = MATCHES[title]
    matched = match(
        [found(*text.split()) for text in findings],  # type: ignore[misc]
        [entry(*text.split(), reason="kept") for text in entries],
        is_gone=gone.split().__contains__,
    )
    assert {number: match.path for number, match in matched.accepted.items()} == accepted
    assert all(match.reason == "kept" for match in matched.accepted.values())
    assert [f"{each.path} {each.fingerprint[2:]}" for each in matched.left] == left


def test_the_text_is_sorted_and_has_one_line_for_each() -> None:
    entries = [entry("b.py"), entry("a.py", "2", "naïve"), entry("a.py", "1")]
    text = render(entries)
    assert render(reversed(entries)) == text
    assert [json.loads(row.rstrip(","))["path"] for row in text.splitlines()[1:-1]] == ["a.py", "a.py", "b.py"]
    assert parse(text) == (entries[2], entries[1], entries[0])
    assert json.loads(text)["version"] == 1
    assert parse(render([])) == ()


def test_names_that_are_no_text_can_be_written() -> None:
    assert "bad-" in render([entry("bad-\udce9.py")]).encode("utf-8").decode()


def test_an_expression_over_several_lines_stays_on_one() -> None:
    made = entry_for(finding(expression="connect(\n    host,\n)"), "a.py")
    assert (made.expression, made.path, made.reason) == ("connect( host, )", "a.py", "")


FULL = '{"fingerprint": "1:1", "code": "PGL102", "path": "a.py", "function": "f", "expression": "x", "reason": ""}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1:1: not valid JSON"),
        ('{"version": 1,\n "findings": [}', ":2:15: not valid JSON"),
        ("[]", ": not a baseline: no list of findings"),
        ('{"version": 1}', ": not a baseline: no list of findings"),
        ('{"version": 2, "findings": []}', ": version 2, but this pgleak-lint reads version 1"),
        ('{"version": 1, "findings": [3]}', ": not a baseline: entry 1 lacks fingerprint, code, path, function, expression"),
        (f'{{"version": 1, "findings": [{FULL}, {FULL.replace("path", "pth")}]}}', ": not a baseline: entry 2 lacks path"),
        (f'{{"version": 1, "findings": [{FULL[:-3]}3}}]}}', ": not a baseline: entry 1 lacks a reason"),
    ],
)  # fmt: skip
def test_no_baselines(text: str, words: str) -> None:
    with pytest.raises(BaselineError) as caught:
        parse(text)
    assert str(caught.value) == words


def test_a_reason_may_be_missing() -> None:
    (read,) = parse(
        f'{{"version": 1, "findings": [{FULL.replace(", " + chr(34) + "reason" + chr(34) + ": " + chr(34) * 2, "")}]}}'
    )
    assert read.reason == ""
