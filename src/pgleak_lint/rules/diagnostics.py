"""The tool's own diagnostics: codes, names and severities."""

from __future__ import annotations

from pgleak_lint._record import record
from pgleak_lint.findings.finding import Severity


@record
class DiagnosticMeta:
    """What a 9xx code says."""

    code: str
    name: str
    summary: str
    severity: Severity


DIAGNOSTICS = (
    DiagnosticMeta("PGL901", "syntax-error", "the file could not be parsed; it was not checked", Severity.WARNING),
    DiagnosticMeta("PGL902", "unused-suppression", "the comment silences nothing", Severity.WARNING),
    DiagnosticMeta("PGL903", "internal-error", "a fault of ours while checking this file; the others were checked", Severity.ERROR),
    DiagnosticMeta("PGL904", "analysis-bound-reached", "a function was too large for full path precision", Severity.NOTE),
    DiagnosticMeta("PGL905", "unreadable-file", "not readable, not decodable, or not a regular file", Severity.WARNING),
)  # fmt: skip

BY_CODE = {meta.code: meta for meta in DIAGNOSTICS}
