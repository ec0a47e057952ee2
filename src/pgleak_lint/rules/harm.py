"""How bad the harm is: severity follows what stays taken, and on which paths."""

from __future__ import annotations

from pgleak_lint.analysis.facts import Leak, Misuse
from pgleak_lint.findings.finding import Severity

_NORMAL = "return"
_LOST = "lost"
_MISUSE = {
    "corrupts": Severity.ERROR,
    "foreign": Severity.ERROR,
    "raises": Severity.WARNING,
    "harmless": Severity.NOTE,
    "reopens": Severity.NOTE,
    "waits": Severity.ERROR,
    "times-out": Severity.WARNING,
}


def leak_severity(leak: Leak) -> Severity:
    """An error where a slot is lost for ever on a normal path; a note where nothing is held any more."""
    if leak.idle:
        return Severity.NOTE
    if leak.site.gc == _LOST and leak.exits[0] == _NORMAL:
        return Severity.ERROR
    return Severity.WARNING


def misuse_severity(misuse: Misuse) -> Severity:
    """By what the driver does then."""
    return _MISUSE[misuse.consequence]
