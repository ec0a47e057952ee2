"""One line for each finding."""

from __future__ import annotations

from pgleak_lint.findings.finding import Diagnostic, Severity
from pgleak_lint.report.concise import render
from tests.findings.made import finding
from tests.report.made import view


def test_shape() -> None:
    assert render(view([finding()])) == (
        "app/users.py:5:18: PGL102 connection from `pool` is not released when `row is None`\n"
    )


def test_clean_is_silent() -> None:
    assert render(view()) == ""


def test_diagnostics_stand_among_the_findings() -> None:
    unreadable = Diagnostic("PGL905", "unreadable-file", Severity.WARNING, "not checked", "app/a.py")
    assert render(view([finding()], [unreadable])).split("\n")[0] == "app/a.py:1:1: PGL905 not checked"


def test_a_name_cannot_start_a_line() -> None:
    text = render(view([finding(path="a\n::error::.py", message="\u202e\x1b")]))
    assert text == "a\\x0a::error::.py:5:18: PGL102 \\u202e\\x1b\n"
