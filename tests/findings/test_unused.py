"""Which comments silence nothing. In each text ``# <CODE`` before a comment stands for a finding on that line."""

from __future__ import annotations

import re

import pytest

from pgleak_lint.findings.unused import Judged, unused, without_reason
from pgleak_lint.source.directives import find_directives
from tests.findings.made import finding

KNOWN = [
    ("PGL101", "never-released"),
    ("PGL102", "leak-on-path"),
    ("PGL103", "leak-on-exception"),
    ("PGL901", "syntax-error"),
]

CASES = [
    ("a = 1 # <PGL102 # pgleak: ignore[PGL102]", []),
    ("a = 1 # <PGL102 # pgleak: ignore[leak-on-path] why", []),
    ("a = 1 # <PGL102 # pgleak: ignore[PGL1]", []),
    ("a = 1 # <PGL102 # pgleak: ignore[PGL103]", ["1:17 PGL103 silences nothing here"]),
    ("a = 1 # <PGL102 # pgleak: ignore[PGL102, PGL103, PGL101]", ["1:17 PGL103, PGL101 silence nothing here"]),
    ("a = 1 # pgleak: ignore[PGL2]", ["1:7 no rule 'PGL2'; did you mean 'PGL102'?"]),
    ("a = 1 # pgleak: ignore[ALL]", ["1:7 no rule 'ALL'"]),
    ("a = 1 # pgleak: ignore[leak-on-pth]", ["1:7 no rule 'leak-on-pth'; did you mean 'leak-on-path'?"]),
    (
        "a = 1 # pgleak: ignore[PGL103, nonesuch]",
        ["1:7 no rule 'nonesuch'; PGL103 silences nothing here"],
    ),
    ("a = 1 # pgleak: ignore", ["1:7 a suppression without codes silences nothing"]),
    (
        "a = 1 # <PGL102 # pgleak: ignore[]",
        ["1:17 a suppression without codes silences nothing; here it takes [PGL102]"],
    ),
    ("a = 1 # <PGL102 # noqa: PGL102", []),
    ("a = 1 # <PGL102 # noqa: PGL103", ["1:17 PGL103 silences nothing here"]),
    ("a = 1 # noqa: E501", []),
    ("a = 1 # noqa: PGL777", ["1:7 no rule 'PGL777'; did you mean 'PGL101'?"]),
    ("a = 1 # noqa: PGL1", ["1:7 no rule 'PGL1'"]),
    ("# pgleak: disable[PGL102, PGL103]\na = 1 # <PGL102", ["1:1 PGL103 silences nothing here"]),
    ("# pgleak: disable[PGL102]\n# pgleak: enable[PGL102]\na = 1 # <PGL102", ["1:1 PGL102 silences nothing here"]),
    ("# pgleak: file-ignore[PGL102]\na = 1 # <PGL102 # pgleak: ignore[PGL102]", []),
    ("# pgleak: file-ignore[PGL103]\na = 1 # <PGL102", ["1:1 PGL103 silences nothing here"]),
    ("a = 1 # pgleak: ignore[PGL901]", ["1:7 PGL901 silences nothing here"]),
]


def told(text: str, run: tuple[str, ...] = ("PGL101", "PGL102", "PGL103", "PGL901")) -> list[str]:
    lines = text.split("\n")
    found = [finding(n, code=m[1]) for n, line in enumerate(lines, 1) if (m := re.search("<([A-Z0-9]+)", line))]
    faults = unused(find_directives(text + "\n"), found, Judged(KNOWN, run))
    return [f"{span.line}:{span.column} {message}" for span, message in faults]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_unused(text: str, expected: list[str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize("word", ["PGL103", "PGL1", "leak-on-exception"])
def test_what_a_rule_that_was_not_run_may_need_is_left_alone(word: str) -> None:
    assert told(f"a = 1 # pgleak: ignore[{word}]", run=("PGL101", "PGL102")) == []


def test_comments_without_a_required_reason() -> None:
    text = "a = 1 # pgleak: ignore[PGL102]\nb = 1 # pgleak: ignore[PGL102] why\nc = 1 # pgleak: ignore\nd = 1 # noqa: PGL102\n"
    assert [span.line for span, _ in without_reason(find_directives(text))] == [1, 4]
