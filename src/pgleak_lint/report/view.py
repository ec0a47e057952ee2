"""What a format gets to show: the run's data, and how to reach source text and paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pgleak_lint._record import record
from pgleak_lint.findings.finding import Diagnostic, Finding, Severity
from pgleak_lint.findings.suppression import Suppressed


@record
class View:
    """``lines_of`` gives the source lines of a path, none where it can't be read. ``shown_path`` turns a path into the one to
    print. ``show_suppressed``, ``statistics``, ``trace``, ``quiet`` and ``color`` are the user's wishes.
    ``baselined`` are findings that the baseline accepts; ``has_baseline`` tells whether there is one.
    ``width`` is the most characters of a quoted source line; ``plain`` asks for a report in ASCII; ``links``: the terminal
    shows hyperlinks."""

    findings: Sequence[Finding]
    suppressed: Sequence[Suppressed]
    diagnostics: Sequence[Diagnostic]
    files_checked: int
    files_not_checked: int
    acquire_sites: int
    unrecognised: Sequence[tuple[str, int]]
    exit_code: int
    version: str
    base_dir: str
    lines_of: Callable[[str], Sequence[str]]
    shown_path: Callable[[str], str]
    show_suppressed: bool = False
    statistics: bool = False
    trace: bool = True
    quiet: bool = False
    color: bool = False
    links: bool = False
    width: int = 160
    plain: bool = False
    baselined: Sequence[Finding] = ()
    has_baseline: bool = False
    show_baselined: bool = False

    def count(self, severity: Severity) -> int:
        """Findings of that severity."""
        return sum(finding.severity is severity for finding in self.findings)
