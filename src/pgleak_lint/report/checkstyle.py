"""Checkstyle's XML, which many viewers of lint results read."""

from __future__ import annotations

from pgleak_lint.findings.finding import Severity
from pgleak_lint.report.entries import START, diagnostics, entries, marks, shown_path
from pgleak_lint.report.view import View
from pgleak_lint.report.xml import HEAD, open_tag
from pgleak_lint.source.span import Span

_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}


def render(view: View) -> str:
    """One ``file`` element a file."""
    files: dict[str, list[str]] = {}
    for entry in entries(view):
        finding = entry.finding
        row = _error(finding.span, finding.severity, finding.message + marks(entry), finding.code)
        files.setdefault(shown_path(view, finding.path), []).append(row)
    for found in diagnostics(view):
        row = _error(found.span or START, found.severity, found.message, found.code)
        files.setdefault(shown_path(view, found.path), []).append(row)
    lines = [HEAD.rstrip(), open_tag("checkstyle", {"version": "4.3"})]
    for path, rows in sorted(files.items()):
        lines += [f"  {open_tag('file', {'name': path})}", *rows, "  </file>"]
    return "\n".join([*lines, "</checkstyle>", ""])


def _error(span: Span, severity: Severity, message: str, code: str) -> str:
    attributes = {
        "line": span.line,
        "column": span.column,
        "severity": _SEVERITIES[severity],
        "message": message,
        "source": f"pgleak-lint.{code}",
    }
    return f"    {open_tag('error', attributes, closed=True)}"
