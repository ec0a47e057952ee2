"""GitLab's code quality report: a JSON array."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pgleak_lint.findings.finding import Severity
from pgleak_lint.report.entries import START, diagnostics, entries, marks, shown_path
from pgleak_lint.report.view import View

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(view: View) -> str:
    """Findings and diagnostics."""
    rows = []
    seen: dict[str, int] = {}
    for entry in entries(view):
        finding, path = entry.finding, shown_path(view, entry.finding.path)
        identity = f"{path}\n{finding.code}\n{finding.fingerprint}"
        lines = {"begin": finding.span.line, "end": finding.span.end_line}
        description = f"{finding.code}: {finding.message}{marks(entry)}"
        rows.append(_row(description, finding.name, finding.severity, path, lines, identity, seen))
    for found in diagnostics(view):
        path, line = shown_path(view, found.path), (found.span or START).line
        description = f"{found.code}: {found.message}"
        identity = f"{path}\n{found.code}\n{found.message}"
        rows.append(_row(description, found.name, found.severity, path, {"begin": line, "end": line}, identity, seen))
    return json.dumps(rows, indent=2, ensure_ascii=True) + "\n"


def _row(
    description: str,
    name: str,
    severity: Severity,
    path: str,
    lines: dict[str, int],
    identity: str,
    seen: dict[str, int],
) -> dict[str, Any]:
    """GitLab drops what has a fingerprint that was there before, so equal ones are numbered."""
    count = seen[identity] = seen.get(identity, 0) + 1
    numbered = identity if count == 1 else f"{identity}\n{count}"
    return {
        "description": description,
        "check_name": name,
        "fingerprint": hashlib.sha256(numbered.encode("utf-8", "backslashreplace")).hexdigest(),
        "severity": _SEVERITIES[severity],
        "location": {"path": path, "lines": lines},
    }
