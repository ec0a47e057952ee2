"""Errors for people: one line on standard error, exit code 2."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterable

EXIT_CODE = 2
INTERRUPTED = 130


class CliError(Exception):
    """A request that cannot be carried out: one line for each reason, without ``error: ``."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def tell(line: str) -> None:
    """One line on standard error, whatever stands in a name; if nobody can read it, none."""
    from pgleak_lint.report.escape import printable

    try:
        print(printable(line), file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        return


def forget_output() -> None:
    """Nobody reads standard output any more: end quietly, and keep Python from complaining at its own exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return
