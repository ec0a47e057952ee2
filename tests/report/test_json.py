"""The JSON shape is a promise: its keys, their order and their types."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pgleak_lint.findings.finding import Applicability, Diagnostic, Edit, Fix, Severity
from pgleak_lint.findings.suppression import Suppressed
from pgleak_lint.report.json import render
from pgleak_lint.report.view import View
from pgleak_lint.source.directive import Directive
from pgleak_lint.source.span import Span
from tests.findings.made import finding
from tests.report.made import check_golden, view
from tests.report.test_text import LEAK, SYNTAX, UNREADABLE


def read(shown: View) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(render(shown))
    return data


def test_golden() -> None:
    fix = Fix(Applicability.UNSAFE, "use `async with`", (Edit("app/users.py", Span(5, 5, 10, 23), "…"),))
    found = replace(LEAK, fingerprint="1:9c0f", fix=fix)
    shown = view([found], [SYNTAX, UNREADABLE], files_not_checked=2, base_dir="..")
    check_golden("report.json", render(shown))


def test_clean() -> None:
    check_golden("clean.json", render(view()))


def test_suppressed_are_shown_on_demand() -> None:
    silenced = [Suppressed(finding(1), Directive("line", ("PGL102",), "the reaper", 1, 1, 1))]
    assert read(view([LEAK], suppressed=silenced))["summary"]["suppressed"] == 1
    assert len(read(view([LEAK], suppressed=silenced))["findings"]) == 1
    shown = read(view([LEAK], suppressed=silenced, show_suppressed=True))["findings"]
    assert [found["line"] for found in shown] == [1, 5]
    assert shown[0]["suppression"] == {"kind": "line", "line": 1, "reason": "the reaper"}
    assert shown[1]["suppression"] is None


def test_paths_are_shown_from_the_base() -> None:
    data = read(view([LEAK], [UNREADABLE], shown_path=lambda path: f"base/{path}"))
    paths = {data["findings"][0]["path"], *(step["path"] for step in data["findings"][0]["trace"])}
    assert paths == {"base/app/users.py"}
    assert data["diagnostics"][0]["path"] == "base/a"


def test_no_resource_and_no_trace() -> None:
    data = read(view([finding(resource=None)], trace=False))
    assert data["findings"][0]["resource"] is None
    assert data["findings"][0]["trace"] == []


def test_wishes_about_the_layout_change_nothing() -> None:
    assert render(view([LEAK], statistics=True, color=True, quiet=True)) == render(view([LEAK]))


def test_the_output_is_ascii_and_readable_by_strict_parsers() -> None:
    odd = Diagnostic("PGL905", "unreadable-file", Severity.WARNING, "名", "bad-\udce9.py")
    text = render(view([], [odd]))
    assert text.isascii()
    assert "\\udce9" in json.loads(text)["diagnostics"][0]["path"]
    json.loads(text)["diagnostics"][0]["path"].encode("utf-8")
