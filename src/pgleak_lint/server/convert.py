"""Findings in the words of the protocol: lines from 0, columns in the units that were agreed with the client."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsprotocol import types

from pgleak_lint.findings.finding import Diagnostic, Finding, Severity
from pgleak_lint.report.entries import url
from pgleak_lint.rules.base import Rule
from pgleak_lint.source.span import Span

SOURCE = "pgleak-lint"
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}

ToRange = Callable[[str, Span], types.Range]
"""From the path of a file and a span in it to a range."""
ToUri = Callable[[str], str]


def plain_range(span: Span) -> types.Range:
    """A span in code points, before its columns are converted."""
    return types.Range(
        types.Position(span.line - 1, span.column - 1), types.Position(span.end_line - 1, span.end_column - 1)
    )


def finding_diagnostic(finding: Finding, to_range: ToRange, to_uri: ToUri) -> types.Diagnostic:
    """A finding with its path as related information."""
    related = [
        types.DiagnosticRelatedInformation(
            location=types.Location(to_uri(step.path), to_range(step.path, step.span)),
            message=f"{number}. {step.message}",
        )
        for number, step in enumerate(finding.trace, 1)
    ]
    return types.Diagnostic(
        range=to_range(finding.path, finding.span),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(href=url(finding.name)),
        source=SOURCE,
        message="\n".join([finding.message, *(f"also: {text}" for text in finding.also)]),
        related_information=related,
        data={"fingerprint": finding.fingerprint},
    )


def tool_diagnostic(found: Diagnostic, to_range: ToRange) -> types.Diagnostic:
    """What could not be checked."""
    return types.Diagnostic(
        range=to_range(found.path, found.span or Span(1, 1, 1, 1)),
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source=SOURCE,
        message=found.message,
    )


def hover_text(finding: Finding, rule: Rule | None) -> str:
    """The path, what to do, and what the rule is about, as Markdown."""
    rows = [f"**{finding.code} {finding.name}**: {_plain(finding.message)}", ""]
    rows += [f"{number}. line {step.span.line}: {_plain(step.message)}" for number, step in enumerate(finding.trace, 1)]
    rows += ["", *(f"Also: {_plain(text)}  " for text in finding.also)]
    if finding.help:
        rows.append(f"Help: {_plain(finding.help)}")
    if rule is not None:
        rows += ["", f"*{rule.META.summary}* [More]({url(finding.name)})"]
    return "\n".join(rows)


def _plain(text: str) -> str:
    """Without what would be HTML; our own code marks stay."""
    return text.replace("<", "&lt;").replace("[", "\\[").replace("\n", " ")


def changed_lines(
    old: Sequence[str], new: Sequence[str], to_range: Callable[[Span], types.Range]
) -> list[types.TextEdit]:
    """Edits from one text to another with as many lines."""
    return [
        types.TextEdit(to_range(Span(number, 1, number, len(before) + 1)), after)
        for number, (before, after) in enumerate(zip(old, new), 1)
        if before != after
    ]
