"""Suppression comments that silence nothing, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from pgleak_lint._record import record
from pgleak_lint.findings.finding import Finding
from pgleak_lint.findings.selection import unknown_words
from pgleak_lint.findings.suppression import names, silences
from pgleak_lint.source.directive import Directive
from pgleak_lint.source.span import Span


@record
class Judged:
    """What is known about the rules: (code, name) of ``all``, and the codes of those that were ``run`` on the file."""

    all: Sequence[tuple[str, str]]
    run: Collection[str]


def without_reason(directives: Sequence[Directive]) -> Iterator[tuple[Span, str]]:
    """Comments that lack the reason they are required to have."""
    for span, comment in _comments(directives):
        if comment[0].codes and not comment[0].reason:
            yield span, "a suppression without a reason silences nothing (suppressions.require-reason)"


def unused(directives: Sequence[Directive], findings: Sequence[Finding], judged: Judged) -> Iterator[tuple[Span, str]]:
    """Place and message for each comment with words that name no rule or silence none of the findings (all of the file,
    silenced or not). A word is left alone if it means a rule that was not run: it may be needed when that is."""
    for span, comment in _comments(directives):
        faults = _faults(comment, findings, judged)
        if faults:
            yield span, "; ".join(faults)


def _comments(directives: Sequence[Directive]) -> Iterator[tuple[Span, list[Directive]]]:
    """The directives of each comment; a range has one for each of its codes."""
    for _, group in groupby(directives, key=lambda directive: (directive.line, directive.column)):
        comment = list(group)
        first = comment[0]
        yield Span(first.line, first.column, first.line, first.end_column), comment


def _faults(comment: Sequence[Directive], findings: Sequence[Finding], judged: Judged) -> list[str]:
    words = [(directive, word) for directive in comment for word in directive.codes]
    if not words:
        here = sorted({f.code for f in findings if comment[0].first <= f.span.line <= comment[0].last})
        hint = f"; here it takes [{', '.join(here)}]" if here else ""
        return [f"a suppression without codes silences nothing{hint}"]
    faults = []
    idle = []
    for directive, word in words:
        meant = [code for code, name in judged.all if names(directive, word, code, name)]
        if not meant:
            near = next((near for _, near in unknown_words([word], judged.all)), None)
            hint = f"; did you mean '{near}'?" if near else ""
            faults.append(f"no rule '{word}'{hint}")
        elif set(meant) <= set(judged.run) and not any(silences(directive, word, found) for found in findings):
            idle.append(word)
    if idle:
        faults.append(f"{', '.join(idle)} {'silences' if len(idle) == 1 else 'silence'} nothing here")
    return faults
