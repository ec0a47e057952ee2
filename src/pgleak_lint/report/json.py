"""One JSON object. Its keys are stable: new ones may come, existing ones keep their meaning."""

from __future__ import annotations

import json
from typing import Any

from pgleak_lint.findings.finding import Diagnostic, Fix, Severity, Step
from pgleak_lint.findings.suppression import Suppressed
from pgleak_lint.report.entries import Entry, entries, shown_path, url
from pgleak_lint.report.view import View
from pgleak_lint.source.span import Span

SCHEMA_VERSION = 1


def render(view: View) -> str:
    """The whole run."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": tool_data(view),
        "base_dir": view.base_dir,
        "summary": summary_data(view),
        "findings": [finding_data(view, entry) for entry in entries(view)],
        "diagnostics": [diagnostic_data(view, found) for found in view.diagnostics],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def tool_data(view: View) -> dict[str, str]:
    """Who says so."""
    return {"name": "pgleak-lint", "version": view.version}


def summary_data(view: View) -> dict[str, int]:
    """The counts."""
    return {
        "files_checked": view.files_checked,
        "files_not_checked": view.files_not_checked,
        "acquire_sites": view.acquire_sites,
        "errors": view.count(Severity.ERROR),
        "warnings": view.count(Severity.WARNING),
        "notes": view.count(Severity.NOTE),
        "suppressed": len(view.suppressed),
        "baselined": len(view.baselined),
        "fixable": sum(finding.fix is not None for finding in view.findings),
        "exit_code": view.exit_code,
    }


def finding_data(view: View, entry: Entry) -> dict[str, Any]:
    """One finding."""
    finding = entry.finding
    resource = finding.resource
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "evidence": finding.evidence,
        "message": finding.message,
        "path": shown_path(view, finding.path),
        **_span(finding.span),
        "function": finding.function,
        "resource": None
        if resource is None
        else {"kind": resource.kind, "driver": resource.driver, "variable": resource.variable, "pool": resource.pool},
        "exits": list(finding.exits),
        "trace": [_step(view, step) for step in finding.trace] if view.trace else [],
        "also": list(finding.also),
        "help": finding.help,
        "url": url(finding.name),
        "cwe": finding.cwe,
        "fingerprint": finding.fingerprint,
        "suppression": _suppression(entry.silenced),
        "baseline": entry.baseline,
        "fix": _fix(view, finding.fix),
    }


def _suppression(silenced: Suppressed | None) -> dict[str, Any] | None:
    if silenced is None:
        return None
    directive = silenced.directive
    return {"kind": directive.kind, "line": directive.line, "reason": directive.reason}


def _step(view: View, step: Step) -> dict[str, Any]:
    return {"kind": step.kind.value, "message": step.message, "path": shown_path(view, step.path), **_span(step.span)}


def _span(span: Span) -> dict[str, int]:
    return {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}


def _fix(view: View, fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{"path": shown_path(view, edit.path), **_span(edit.span), "text": edit.text} for edit in fix.edits]
    return {"applicability": fix.applicability.value, "message": fix.message, "edits": edits}


def diagnostic_data(view: View, found: Diagnostic) -> dict[str, Any]:
    """One diagnostic."""
    return {
        "code": found.code,
        "name": found.name,
        "severity": found.severity.value,
        "message": found.message,
        "path": shown_path(view, found.path),
        "line": found.span.line if found.span else None,
        "column": found.span.column if found.span else None,
    }
