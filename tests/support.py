"""What several test modules need: findings by line, and the marks in example code."""

from __future__ import annotations

import re

from pgleak_lint import Settings, check_source
from pgleak_lint.pipeline.result import Report

_MARK = re.compile(r"#\s*finding(?::\s*(?P<codes>[A-Z0-9, ]+))?")


def check(source: str, settings: Settings | None = None) -> Report:
    """The report on a text; it fails where the tool itself does."""
    report = check_source(source, settings=settings)
    assert not report.faults, report.faults[0]
    return report


def found(source: str) -> list[tuple[int, str]]:
    """(line, code) of every finding."""
    return [(finding.span.line, finding.code) for finding in check(source).findings]


def marked(source: str, default: str = "") -> list[tuple[int, str]]:
    """(line, code) of every ``# finding: CODE`` mark; a mark without a code means ``default``."""
    expected = []
    for number, line in enumerate(source.split("\n"), 1):
        match = _MARK.search(line)
        if match:
            codes = match["codes"] or default
            expected += [(number, code.strip()) for code in codes.split(",") if code.strip()]
    return expected


def check_lines(source: str) -> list[tuple[int, str]]:
    """(line, code) of every finding: the same as `found`."""
    return found(source)
