"""The json report, read back: what `pgleak_lint.report.json` writes, as findings and counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pgleak_lint._record import record
from pgleak_lint.findings.finding import (
    Applicability,
    Diagnostic,
    Edit,
    Finding,
    Fix,
    ResourceInfo,
    Severity,
    Step,
    StepKind,
)
from pgleak_lint.report.json import SCHEMA_VERSION
from pgleak_lint.source.span import Span


class NoReport(Exception):
    """The text is no json report of this tool, or one of another schema: in a few words."""


@record
class ReadReport:
    """What one report says. Paths are relative to ``base_dir``; findings that a comment or a baseline accepts stand apart."""

    base_dir: str
    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    diagnostics: tuple[Diagnostic, ...]
    summary: Mapping[str, int]


def read_report(text: str) -> ReadReport:
    """The report in a text. Raises `NoReport`."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise NoReport("not a json report") from None
    try:
        if data["tool"]["name"] != "pgleak-lint":
            raise NoReport("a report of another tool")
        if data["schema_version"] != SCHEMA_VERSION:
            raise NoReport(f"schema version {data['schema_version']} is not {SCHEMA_VERSION}")
        rows = [(_finding(row), row) for row in data["findings"]]
        summary = {name: int(count) for name, count in data["summary"].items()}
        is_open = [row["suppression"] is None and row["baseline"] != "unchanged" for _, row in rows]
        return ReadReport(
            base_dir=str(data["base_dir"]),
            findings=tuple(found for (found, _), told in zip(rows, is_open) if told),
            accepted=tuple(found for (found, _), told in zip(rows, is_open) if not told),
            diagnostics=tuple(map(_diagnostic, data["diagnostics"])),
            summary={
                name: summary[name] for name in ("files_checked", "files_not_checked", "acquire_sites", "exit_code")
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NoReport("not a json report") from None


def _finding(row: dict[str, Any]) -> Finding:
    resource = row["resource"]
    return Finding(
        code=row["code"],
        name=row["name"],
        severity=Severity(row["severity"]),
        evidence=row["evidence"],
        message=row["message"],
        path=row["path"],
        span=_span(row),
        function=row["function"],
        resource=None if resource is None else ResourceInfo(**resource),
        exits=tuple(row["exits"]),
        trace=tuple(Step(StepKind(s["kind"]), s["message"], s["path"], _span(s)) for s in row["trace"]),
        also=tuple(row["also"]),
        help=row["help"],
        cwe=int(row["cwe"]),
        expression="",
        fingerprint=row["fingerprint"],
        fix=_fix(row["fix"]),
    )


def _fix(row: dict[str, Any] | None) -> Fix | None:
    if row is None:
        return None
    edits = tuple(Edit(edit["path"], _span(edit), edit["text"]) for edit in row["edits"])
    return Fix(Applicability(row["applicability"]), row["message"], edits)


def _span(row: dict[str, Any]) -> Span:
    return Span(int(row["line"]), int(row["column"]), int(row["end_line"]), int(row["end_column"]))


def _diagnostic(row: dict[str, Any]) -> Diagnostic:
    line, column = row["line"], row["column"]
    span = None if line is None else Span(int(line), int(column), int(line), int(column) + 1)
    return Diagnostic(row["code"], row["name"], Severity(row["severity"]), row["message"], row["path"], span)
