"""Workflow commands of GitHub Actions: annotations on the lines of a pull request."""

from __future__ import annotations

from pgleak_lint.findings.finding import Severity
from pgleak_lint.report.entries import START, Entry, diagnostics, entries, marks, path_as_text, shown_path
from pgleak_lint.report.escape import printable
from pgleak_lint.report.view import View

SHOWN = 10
"""GitHub shows so many annotations of each level a step."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(view: View) -> str:
    """The errors first."""
    rows = [(finding.finding.severity, _finding(view, finding)) for finding in entries(view)]
    for found in diagnostics(view):
        span = found.span or START
        place: dict[str, str | int] = {"file": shown_path(view, found.path), "line": span.line, "col": span.column}
        rows.append((found.severity, _command(found.severity, f"{found.code} {found.name}", place, found.message)))
    rows.sort(key=lambda row: -row[0].rank)
    lines = [line for _, line in rows]
    hidden = sum(max(0, sum(severity is level for severity, _ in rows) - SHOWN) for level in _LEVELS)
    if hidden:
        more = f"{hidden} more findings than GitHub shows as annotations; the log of this step has all of them"
        lines.append(f"::notice title=pgleak-lint::{_data(more)}")
    return "".join(f"{line}\n" for line in lines)


def _finding(view: View, entry: Entry) -> str:
    finding = entry.finding
    span = finding.span
    place: dict[str, str | int] = {
        "file": shown_path(view, finding.path),
        "line": span.line,
        "endLine": span.end_line,
        "col": span.column,
        "endColumn": span.end_column,
    }
    message = "\n".join([finding.message + marks(entry), *path_as_text(view, finding)])
    return _command(finding.severity, f"{finding.code} {finding.name}", place, message)


def _command(severity: Severity, title: str, place: dict[str, str | int], message: str) -> str:
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in {"title": title, **place}.items())
    return f"::{_LEVELS[severity]} {properties}::{_data(message)}"


def _data(text: str) -> str:
    lines = "\n".join(printable(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    escaped = printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace(":", "%3A").replace(",", "%2C")
