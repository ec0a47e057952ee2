"""What a rule is: a module with ``META``, ``EXAMPLES`` and ``check``. Its docstring is its documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pgleak_lint.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from pgleak_lint.analysis.facts import Facts


@dataclass(frozen=True, slots=True)
class RuleMeta:
    """``summary`` is one line; ``severities`` are all that the rule may give, the worst first; ``default`` says
    whether the preset ``recommended`` has it."""

    code: str
    name: str
    summary: str
    severities: tuple[Severity, ...]
    cwe: int = 772
    default: bool = True


@dataclass(frozen=True, slots=True)
class Bad:
    """An example with faults. Each line that a finding stands on ends in ``# finding``; no other line has one.
    ``title`` says why."""

    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Good:
    """An example in which this rule (and every other) finds nothing."""

    title: str
    code: str


class Rule(Protocol):
    """A module (or object) of this shape. The docstring has the sections *What it finds*, *Why it matters*,
    *How to fix*, *Known limits*."""

    META: RuleMeta
    EXAMPLES: Sequence[Bad | Good]
    __doc__: str | None

    def check(self, facts: Facts) -> Iterator[Finding]: ...
