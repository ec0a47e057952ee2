"""Applies suppression comments to findings."""

from __future__ import annotations

from collections.abc import Sequence

from pgleak_lint._record import record
from pgleak_lint.findings.finding import Finding
from pgleak_lint.findings.selection import matches
from pgleak_lint.source.directive import Directive


@record
class Suppressed:
    """A finding that a comment silences."""

    finding: Finding
    directive: Directive


def split_suppressed(
    findings: Sequence[Finding], directives: Sequence[Directive], *, require_reason: bool = False
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    """The findings that stay, and those that a comment on a line of their statement (or a wider one) silences."""
    kept: list[Finding] = []
    silenced: list[Suppressed] = []
    counted = [directive for directive in directives if directive.reason or not require_reason]
    for finding in findings:
        directive = next((d for d in counted if any(silences(d, word, finding) for word in d.codes)), None)
        if directive is None:
            kept.append(finding)
        else:
            silenced.append(Suppressed(finding, directive))
    return tuple(kept), tuple(silenced)


def silences(directive: Directive, word: str, finding: Finding) -> bool:
    """Whether this word of the comment speaks of this finding."""
    if not directive.first <= finding.span.line <= directive.last:
        return False
    return names(directive, word, finding.code, finding.name)


def names(directive: Directive, word: str, code: str, name: str) -> bool:
    """Whether this word of the comment means this rule."""
    return word == code if directive.kind == "noqa" else matches(word, code, name) > 1
