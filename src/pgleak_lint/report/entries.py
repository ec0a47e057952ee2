"""What the machine formats list: findings, and on demand the suppressed and the accepted ones, in one order."""

from __future__ import annotations

from collections.abc import Sequence

from pgleak_lint._record import record
from pgleak_lint.findings.finding import Diagnostic, Finding
from pgleak_lint.findings.suppression import Suppressed
from pgleak_lint.report.view import View
from pgleak_lint.source.span import Span

DOCS = "https://pgleak-lint.readthedocs.io/rules/"
START = Span(1, 1, 1, 1)


@record
class Entry:
    """A finding; ``silenced`` by a comment or not; ``baseline`` is ``new``, ``unchanged``, or None without a baseline."""

    finding: Finding
    silenced: Suppressed | None = None
    baseline: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it is told to be mended, and not only for completeness."""
        return self.silenced is None and self.baseline != "unchanged"


def entries(view: View) -> list[Entry]:
    """By path, line, column, code."""
    found = [Entry(finding, baseline="new" if view.has_baseline else None) for finding in view.findings]
    if view.show_suppressed:
        found += [Entry(silenced.finding, silenced) for silenced in view.suppressed]
    if view.show_baselined:
        found += [Entry(finding, baseline="unchanged") for finding in view.baselined]
    return sorted(found, key=lambda entry: (shown_path(view, entry.finding.path), *_place(entry.finding)))


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.span.line, finding.span.column, finding.code


def diagnostics(view: View) -> Sequence[Diagnostic]:
    """What was not checked, by path."""
    return sorted(view.diagnostics, key=lambda found: (shown_path(view, found.path), found.span or START, found.code))


def shown_path(view: View, path: str) -> str:
    """The path as shown; bytes that are no text are escaped, since not every reader bears lone surrogates."""
    return view.shown_path(path).encode("utf-8", "backslashreplace").decode("utf-8")


def url(name: str) -> str:
    """Where a rule is explained."""
    return f"{DOCS}{name}/"


def marks(entry: Entry) -> str:
    """What to say behind a message of an entry that does not count."""
    if entry.silenced is not None:
        reason = entry.silenced.directive.reason
        return f" (suppressed{f': {reason}' if reason else ''})"
    return " (in the baseline)" if entry.baseline == "unchanged" else ""


def path_as_text(view: View, finding: Finding) -> list[str]:
    """The trace, a numbered line each, with the file where it is another one; then what else leaks and the help."""
    rows = []
    for number, step in enumerate(finding.trace if view.trace else (), 1):
        where = f"line {step.span.line}"
        if step.path != finding.path:
            where = f"{shown_path(view, step.path)} {where}"
        rows.append(f"{number}. {where}: {step.message}")
    if finding.also:
        rows.append(f"also: {'; '.join(finding.also)}")
    if finding.help:
        rows.append(f"help: {finding.help}")
    return rows
