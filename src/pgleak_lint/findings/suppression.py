"""Applies suppression comments to findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pgleak_lint.findings.finding import Finding
from pgleak_lint.findings.selection import matches
from pgleak_lint.source.directives import Directive


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that a comment silences."""

    finding: Finding
    directive: Directive


def split_suppressed(
    findings: Sequence[Finding], directives: Sequence[Directive]
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    """The findings that stay, and those that a comment on a line of their statement (or a wider one) silences."""
    kept: list[Finding] = []
    silenced: list[Suppressed] = []
    for finding in findings:
        directive = next((d for d in directives if _covers(d, finding)), None)
        if directive is None:
            kept.append(finding)
        else:
            silenced.append(Suppressed(finding, directive))
    return tuple(kept), tuple(silenced)


def _covers(directive: Directive, finding: Finding) -> bool:
    if not directive.first <= finding.span.line <= directive.last:
        return False
    if directive.kind == "noqa":
        return finding.code in directive.codes
    return any(matches(word, finding.code, finding.name) > 1 for word in directive.codes)
