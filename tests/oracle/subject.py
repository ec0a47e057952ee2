"""What the analysis says about a text. The one place that calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pgleak_lint.findings.finding import Finding

LEAK_CODES = frozenset(f"PGL{number}" for number in range(101, 111))
DOUBLE_RELEASE = "PGL201"
USE_AFTER_RELEASE = "PGL202"
INTERNAL_ERROR = "PGL903"
BOUND_REACHED = "PGL904"


@dataclass(slots=True)
class Verdict:
    """``leaks`` maps the line of an acquire to the exits on which it is said to leak. ``bounded``: the
    analysis says that it gave something up. ``fault``: it broke, or did not read the text."""

    leaks: dict[int, frozenset[str]] = field(default_factory=dict)
    codes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    double: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    bounded: bool = False
    fault: str = ""


Check = Callable[[str], Verdict]


def collect(findings: Iterable[Finding]) -> Verdict:
    """Findings by line."""
    verdict = Verdict()
    for finding in findings:
        line = finding.span.line
        if finding.code in LEAK_CODES:
            verdict.leaks[line] = verdict.leaks.get(line, frozenset()) | frozenset(finding.exits)
            verdict.codes[line] = (*verdict.codes.get(line, ()), finding.code)
        elif finding.code == DOUBLE_RELEASE:
            verdict.double.add(line)
        elif finding.code == USE_AFTER_RELEASE:
            verdict.used.add(line)
    return verdict


def check(text: str) -> Verdict:
    """The verdict of `pgleak_lint` on ``text``."""
    from pgleak_lint import check_source

    verdict = Verdict()
    try:
        result = check_source(text, path="<string>")
    except Exception as error:
        verdict.fault = f"{type(error).__name__}: {error}"
        return verdict
    verdict = collect(result.findings)
    for message in (*result.findings, *getattr(result, "diagnostics", ())):
        if message.code == BOUND_REACHED:
            verdict.bounded = True
        elif message.code.startswith("PGL9"):
            verdict.fault = f"{message.code}: {message.message}"
    return verdict
