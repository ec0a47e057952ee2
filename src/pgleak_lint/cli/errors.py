"""Errors for people: one line on standard error, exit code 2."""

from __future__ import annotations

import os
import sys

EXIT_CODE = 2
INTERRUPTED = 130


class CliError(Exception):
    """A request that cannot be carried out: one line for each reason, without ``error: ``."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


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
