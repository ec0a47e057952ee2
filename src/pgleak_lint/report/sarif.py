"""SARIF 2.1.0, for code scanning: one run, the path of each finding as a code flow."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pgleak_lint.findings.finding import Applicability, Diagnostic, Edit, Finding, Severity, Step, StepKind
from pgleak_lint.report.entries import START, Entry, diagnostics, entries, shown_path, url
from pgleak_lint.report.view import View
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.rules.base import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_STEPS = 1_000
"""Locations of one thread flow that consumers accept."""
MOST_RESULTS = 5_000
"""Results of one run that consumers show."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_PRECISION = {"proven": "very-high", "likely": "high", "weak": "medium"}
_ESSENTIAL = frozenset({StepKind.ACQUIRE, StepKind.RAISE, StepKind.CANCEL, StepKind.REBIND, StepKind.EXIT})


def render(view: View) -> str:
    """The whole run."""
    shown = entries(view)
    if len(shown) > MOST_RESULTS:
        print(f"warning: {len(shown)} results; GitHub code scanning shows {MOST_RESULTS:,} of a run", file=sys.stderr)
    rules = _rules(shown)
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "pgleak-lint",
                "semanticVersion": view.version,
                "informationUri": "https://pgleak-lint.readthedocs.io/",
                "rules": rules,
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the checked repository."}}},
        "invocations": [
            {
                "executionSuccessful": view.exit_code != 2,
                "exitCode": view.exit_code,
                "toolExecutionNotifications": [_notification(view, found) for found in diagnostics(view)],
            }
        ],
        "results": [_result(view, entry, numbers[entry.finding.code]) for entry in shown],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


# -- rules -----------------------------------------------------------------------------------------


def _rules(shown: Sequence[Entry]) -> list[dict[str, Any]]:
    """Every rule that there is, in the order of codes: the set does not depend on what was found."""
    from pgleak_lint.rules.plugins import all_rules

    precision = {entry.finding.code: _PRECISION[entry.finding.evidence] for entry in shown}
    return [_rule(rule, precision.get(rule.META.code, "very-high")) for rule in sorted(all_rules(), key=_code_of)]


def _code_of(rule: Rule) -> str:
    return rule.META.code


def _rule(rule: Rule, precision: str) -> dict[str, Any]:
    from pgleak_lint.rules import pages

    meta = rule.META
    worst = meta.severities[0]
    tags = [f"external/cwe/cwe-{meta.cwe}", "resource-leak", "database", "reliability"]
    properties: dict[str, Any] = {"tags": tags, "precision": precision, "problem.severity": _PROBLEMS[worst]}
    if meta.code.startswith("PGL5"):
        properties["security-severity"] = "7.0"
    return {
        "id": meta.code,
        "name": "".join(part.capitalize() for part in meta.name.split("-")),
        "shortDescription": {"text": meta.summary},
        "fullDescription": {"text": (rule.__doc__ or meta.summary).strip().split("\n")[0]},
        "help": {"text": pages.text(rule), "markdown": pages.markdown(rule)},
        "helpUri": url(meta.name),
        "defaultConfiguration": {"level": _LEVELS[worst]},
        "properties": properties,
    }


# -- results ---------------------------------------------------------------------------------------


def _result(view: View, entry: Entry, number: int) -> dict[str, Any]:
    finding = entry.finding
    location = _location(view, finding.path, finding.span)
    if finding.function:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.function, "kind": "function"}]
    parts = [finding.message, *finding.also, *([f"Help: {finding.help}"] if finding.help else [])]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": ". ".join(part.rstrip(".") for part in parts) + "."},
        "locations": [location],
        "partialFingerprints": {"pgleakLint/v1": finding.fingerprint},
        "properties": {"evidence": finding.evidence, "exits": list(finding.exits)},
    }
    steps = finding.trace[:MOST_STEPS] if view.trace else ()
    if steps:
        flow = [_flow_location(view, step, order) for order, step in enumerate(steps)]
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
        result["relatedLocations"] = [
            {"id": order, "message": {"text": step.message}, **_location(view, step.path, step.span)}
            for order, step in enumerate(steps)
        ]
    fixes = _fixes(view, finding)
    if fixes:
        result["fixes"] = fixes
    if entry.silenced is not None:
        directive = entry.silenced.directive
        reason = {"justification": directive.reason} if directive.reason else {}
        result["suppressions"] = [{"kind": "inSource", **reason}]
    if entry.baseline is not None:
        result["baselineState"] = entry.baseline
    return result


def _flow_location(view: View, step: Step, order: int) -> dict[str, Any]:
    location = {**_location(view, step.path, step.span), "message": {"text": step.message}}
    importance = "essential" if step.kind in _ESSENTIAL else "important"
    return {"location": location, "executionOrder": order + 1, "importance": importance, "kinds": [step.kind.value]}


def _location(view: View, path: str, span: Span) -> dict[str, Any]:
    region: dict[str, Any] = _region(span)
    lines = view.lines_of(path)
    if 0 < span.line <= span.end_line <= len(lines):
        snippet = "\n".join(lines[span.line - 1 : span.end_line])
        region["snippet"] = {"text": snippet.encode("utf-8", "backslashreplace").decode("utf-8")}
    return {"physicalLocation": {"artifactLocation": _artifact(view, path), "region": region}}


def _region(span: Span) -> dict[str, Any]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _artifact(view: View, path: str) -> dict[str, str]:
    shown = shown_path(view, path)
    if shown.startswith("/"):
        return {"uri": f"file://{quote(shown)}"}
    return {"uri": quote(shown), "uriBaseId": "%SRCROOT%"}


def _fixes(view: View, finding: Finding) -> list[dict[str, Any]]:
    fix = finding.fix
    if fix is None or fix.applicability is not Applicability.SAFE:
        return []
    files: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        files.setdefault(edit.path, []).append(edit)
    changes = [
        {
            "artifactLocation": _artifact(view, path),
            "replacements": [
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}} for edit in edits
            ],
        }
        for path, edits in files.items()
    ]
    return [{"description": {"text": fix.message}, "artifactChanges": changes}]


def _notification(view: View, found: Diagnostic) -> dict[str, Any]:
    return {
        "descriptor": {"id": found.code},
        "level": _LEVELS[found.severity],
        "message": {"text": f"{found.name}: {found.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(view, found.path),
                    "region": _region(found.span or START),
                }
            }
        ],
    }
