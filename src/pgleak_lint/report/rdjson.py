"""The Reviewdog Diagnostic Format. Its columns count bytes of UTF-8."""

from __future__ import annotations

import json
from typing import Any

from pgleak_lint.findings.finding import Applicability, Finding, Severity
from pgleak_lint.report.entries import START, diagnostics, entries, marks, path_as_text, shown_path, url
from pgleak_lint.report.view import View
from pgleak_lint.source.span import Span

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(view: View) -> str:
    """One ``DiagnosticResult``."""
    rows: list[dict[str, Any]] = []
    for entry in entries(view):
        finding = entry.finding
        message = "\n".join([finding.message + marks(entry), *path_as_text(view, finding)])
        row = {
            "message": message,
            "location": _location(view, finding.path, finding.span),
            "severity": _SEVERITIES[finding.severity],
            "code": {"value": finding.code, "url": url(finding.name)},
            "suggestions": _suggestions(view, finding),
        }
        rows.append({key: value for key, value in row.items() if value})
    for found in diagnostics(view):
        rows.append(
            {
                "message": found.message,
                "location": _location(view, found.path, found.span or START),
                "severity": _SEVERITIES[found.severity],
                "code": {"value": found.code},
            }
        )
    source = {"name": "pgleak-lint", "url": "https://pgleak-lint.readthedocs.io/"}
    worst = max((_rank(row["severity"]) for row in rows), default=None)
    document = {"source": source, **({"severity": _ORDER[worst]} if worst is not None else {}), "diagnostics": rows}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


_ORDER = ("INFO", "WARNING", "ERROR")


def _rank(severity: str) -> int:
    return _ORDER.index(severity)


def _location(view: View, path: str, span: Span) -> dict[str, Any]:
    return {"path": shown_path(view, path), "range": _range(view, path, span)}


def _range(view: View, path: str, span: Span) -> dict[str, dict[str, int]]:
    start = {"line": span.line, "column": _bytes(view, path, span.line, span.column)}
    return {
        "start": start,
        "end": {"line": span.end_line, "column": _bytes(view, path, span.end_line, span.end_column)},
    }


def _bytes(view: View, path: str, line: int, column: int) -> int:
    lines = view.lines_of(path)
    if not 0 < line <= len(lines):
        return column
    return len(lines[line - 1][: column - 1].encode("utf-8", "surrogatepass")) + 1


def _suggestions(view: View, finding: Finding) -> list[dict[str, Any]]:
    if finding.fix is None or finding.fix.applicability is not Applicability.SAFE:
        return []
    edits = [edit for edit in finding.fix.edits if edit.path == finding.path]
    return [{"range": _range(view, edit.path, edit.span), "text": edit.text} for edit in edits]
