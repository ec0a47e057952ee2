"""``path:line:col: CODE message``, one line each, no summary."""

from __future__ import annotations

from pgleak_lint.report.escape import printable
from pgleak_lint.report.view import View


def render(view: View) -> str:
    """Findings and diagnostics in the order path, line, column, code."""
    rows = [(f.path, f.span.line, f.span.column, f.code, f.message) for f in view.findings]
    for found in view.diagnostics:
        span = found.span
        rows.append((found.path, span.line if span else 1, span.column if span else 1, found.code, found.message))
    return "".join(
        f"{printable(path)}:{line}:{column}: {code} {printable(message)}\n"
        for path, line, column, code, message in sorted(rows)
    )
