"""What a run found out. Plain frozen data, so that it can cross process borders."""

from __future__ import annotations

from dataclasses import field

from pgleak_lint._record import record
from pgleak_lint.findings.finding import Diagnostic, Finding, Severity
from pgleak_lint.findings.suppression import Suppressed


@record
class Trail:
    """What a result depends on beside the settings: the ``digest`` of the file's bytes, the homes that it ``imports``, those
    that its analysis ``consulted``, and what these import."""

    digest: str
    imports: tuple[str, ...] = ()
    consulted: tuple[str, ...] = ()


@record
class FileResult:
    """One file. ``findings`` are those that neither a comment nor the baseline accepts; ``set_aside`` are those that the
    user did not ask for. ``checked`` is False where its text never reached the analysis. ``drivers`` are the drivers it imports.
    ``fault`` is the traceback of an internal error, for ``--debug``. ``trail`` is None where nobody asked
    for it, or where the result may be another one next time."""

    path: str
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    baselined: tuple[Finding, ...] = ()
    set_aside: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    sites: int = 0
    drivers: tuple[str, ...] = ()
    checked: bool = True
    fault: str | None = None
    trail: Trail | None = field(default=None, compare=False)


@record
class Report:
    """A whole run. ``unrecognised``: (driver, number of files that import it) where no acquire was recognised anywhere.
    ``lines``: the source lines of the files with findings, by path, for reports that quote them."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    diagnostics: tuple[Diagnostic, ...]
    files_checked: int
    files_not_checked: int
    acquire_sites: int
    unrecognised: tuple[tuple[str, int], ...]
    exit_code: int
    faults: tuple[str, ...] = ()
    baselined: tuple[Finding, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many findings have that severity."""
        return sum(finding.severity is severity for finding in self.findings)
