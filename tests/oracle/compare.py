"""Holds what the executions showed against what the analysis says, both ways."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tests.oracle.execute import InvalidProgram, Limits, Outcome, explore_text
from tests.oracle.programs import Program, render, size, smaller
from tests.oracle.subject import Check, Verdict, check

EXIT_FREE_CODES = frozenset({"PGL105", "PGL106"})
"""Rules about a site that is lost on the spot: their finding counts for the site, whatever exits it names."""

FIRST = Limits()
SECOND = Limits(turns=4, executions=60_000)
"""For a second look at a leak that only the analysis sees: it may need more turns of a loop."""


class Status(enum.Enum):
    """What became of a program."""

    AGREED = "agreed"
    DISAGREED = "disagreed"
    BOUNDED = "bounded"
    """The analysis says that it gave up precision here (PGL904)."""
    SKIPPED = "skipped"
    """Too many executions, or a read of a variable without a value."""


class Direction(enum.Enum):
    """Which way an answer is wrong."""

    MISSED = "missed"
    FALSE_ALARM = "false alarm"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Difference:
    """A line on which the two disagree: ``exits`` is what one side has and the other has not. ``subject`` is
    ``leak``, ``double release``, ``use after release``, or empty for a fault of the analysis."""

    direction: Direction
    line: int
    subject: str
    exits: frozenset[str] = frozenset()

    def key(self) -> tuple[Direction, str]:
        """What shrinking must preserve."""
        return self.direction, self.subject


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result for one program; without ``outcome`` it was not executed to the end."""

    program: Program
    text: str
    status: Status
    differences: tuple[Difference, ...] = ()
    outcome: Outcome | None = None
    verdict: Verdict | None = None
    reason: str = ""

    def describe(self) -> str:
        """The source with line numbers, and both verdicts."""
        lines = [f"{number:3} {line}" for number, line in enumerate(self.text.splitlines(), 1)]
        assert self.outcome is not None and self.verdict is not None
        for difference in self.differences:
            exits = "/".join(sorted(difference.exits))
            where = f"  => line {difference.line}: {difference.direction.value}"
            lines.append(f"{where} {difference.subject} {exits}".rstrip())
        if self.verdict.fault:
            lines.append(f"  analysis: {self.verdict.fault}")
        for line in sorted({*self.outcome.sites, *self.verdict.leaks}):
            site = self.outcome.sites.get(line)
            surely = "/".join(sorted(site.surely)) if site else ""
            doubtful = "/".join(sorted(site.possibly - site.surely)) if site else ""
            said = "/".join(sorted(self.verdict.leaks.get(line, ())))
            codes = " ".join(self.verdict.codes.get(line, ()))
            executed = (surely or "clean") + (f" (perhaps {doubtful})" if doubtful else "")
            lines.append(f"  line {line}: executions: {executed}; analysis: {said or 'clean'} {codes}".rstrip())
        return "\n".join(lines)


def compare(program: Program, ask: Check = check, misuse: bool = False) -> Comparison:
    """Execute ``program`` and ask the analysis about it."""
    rendered = render(program)
    return compare_texts(program, rendered.shown, rendered.run, ask, misuse)


def compare_texts(program: Program, shown: str, run: str, ask: Check, misuse: bool) -> Comparison:
    outcome = explore_text(run, program.mode, FIRST)
    if outcome.capped or outcome.unbound:
        reason = "too many executions" if outcome.capped else "variable without a value"
        return Comparison(program, shown, Status.SKIPPED, reason=reason)
    verdict = ask(shown)
    found = differences(outcome, verdict, misuse)
    if any(difference.direction is Direction.FALSE_ALARM for difference in found) and _loops(run):
        outcome = explore_text(run, program.mode, SECOND)
        found = differences(outcome, verdict, misuse)
        if outcome.capped and any(difference.direction is Direction.FALSE_ALARM for difference in found):
            return Comparison(program, shown, Status.SKIPPED, reason="too many executions on the second look")
    status = Status.DISAGREED if found else Status.AGREED
    if verdict.bounded:
        status = Status.BOUNDED
    return Comparison(program, shown, status, tuple(found), outcome, verdict)


def _loops(run: str) -> bool:
    return any(head in run for head in ("_tick(", "_while(", "_items(", "_some("))


def differences(outcome: Outcome, verdict: Verdict, misuse: bool = False) -> list[Difference]:
    """Where the two disagree, in line order."""
    if verdict.fault:
        return [Difference(Direction.FAULT, 0, "")]
    found = []
    for line in sorted({*outcome.sites, *verdict.leaks}):
        site = outcome.sites.get(line)
        surely = frozenset(site.surely) if site else frozenset()
        possibly = frozenset(site.possibly) if site else frozenset()
        said = verdict.leaks.get(line, frozenset())
        if EXIT_FREE_CODES.intersection(verdict.codes.get(line, ())):
            # What is lost in a loop that never ends is lost all the same.
            if not possibly and line not in outcome.cut:
                found.append(Difference(Direction.FALSE_ALARM, line, "leak", said))
            continue
        if surely - said:
            found.append(Difference(Direction.MISSED, line, "leak", surely - said))
        if said - possibly:
            found.append(Difference(Direction.FALSE_ALARM, line, "leak", said - possibly))
    if misuse:
        for subject, seen, told in (
            ("double release", outcome.double, verdict.double),
            ("use after release", outcome.used, verdict.used),
        ):
            found += [Difference(Direction.MISSED, line, subject) for line in sorted(seen - told)]
            found += [Difference(Direction.FALSE_ALARM, line, subject) for line in sorted(told - seen)]
    return found


def shrink(comparison: Comparison, ask: Check = check, misuse: bool = False, tries: int = 500) -> Comparison:
    """The smallest program found by cutting that still shows one of the differences."""
    keys = {difference.key() for difference in comparison.differences}
    best = comparison
    again = True
    while again and tries > 0:
        again = False
        for candidate in smaller(best.program):
            if size(candidate) > size(best.program):
                continue
            tries -= 1
            if tries <= 0:
                break
            try:
                other = compare(candidate, ask, misuse)
            except InvalidProgram:
                continue
            if other.status is comparison.status and keys & {one.key() for one in other.differences}:
                best = other
                again = True
                break
    return best
