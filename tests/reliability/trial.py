"""One file through the whole tool, and what came of it."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from pgleak_lint import Settings
from pgleak_lint.cache.codec import decode, encode
from pgleak_lint.pipeline.check_file import check_file
from pgleak_lint.pipeline.effort import Effort
from pgleak_lint.pipeline.result import FileResult
from pgleak_lint.report import FORMATS, renderer
from pgleak_lint.report.view import View
from pgleak_lint.source.deep_stack import run_with_deep_stack

PATIENCE = 60
"""Seconds of CPU time after which a file counts as one that hangs."""
SLOW = 10.0


class TooLong(BaseException):
    """Raised by the alarm; not an `Exception`, so that nobody on the way takes it for an error of the file."""


@dataclass
class Tally:
    """``counts``: what came of the files; ``failures``: (name, text, what went wrong) of those that should not be."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, bytes, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.counts.update(other.counts)
        self.failures.extend(other.failures)


def try_file(name: str, data: bytes, tally: Tally, settings: Settings = Settings()) -> None:  # noqa: B008
    """Check the bytes as a file of that name, with as much effort as there is, and report what is found in one format."""
    tally.counts["files"] += 1

    def check() -> str:
        result = run_with_deep_stack(lambda: check_file(name, data, settings, None, Effort.ALL))
        for code in {found.code for found in result.diagnostics}:
            tally.counts[code] += 1
        tally.counts["sites"] += result.sites
        tally.counts["findings"] += len(result.findings)
        return _said_wrong(name, data, result, tally.counts["files"])

    try_this(name, data, tally, check)


def try_this(name: str, data: bytes, tally: Tally, check: Callable[[], str]) -> None:
    """Do something with the bytes that says what is wrong, if anything, and may fail or take too long."""
    begun = time.process_time()
    try:
        with _alarm():
            fault = check()
    except TooLong:
        fault = f"hangs: not done after {PATIENCE} s"
    except Exception as error:
        fault = f"crash: {type(error).__name__}: {error}"
    if time.process_time() - begun > SLOW:
        tally.counts["slow"] += 1
        fault = fault or f"slow: {time.process_time() - begun:.0f} s"
    if fault:
        tally.counts[fault.partition(":")[0]] += 1
        tally.failures.append((name, data, fault))


def _said_wrong(name: str, data: bytes, result: FileResult, number: int) -> str:
    """What is wrong with a result, if anything."""
    if any(found.code == "PGL903" for found in result.diagnostics):
        return f"internal error: {result.fault}"
    if not result.checked and not result.diagnostics:
        return "silent: not checked, and nothing said"
    for finding in result.findings:
        if not finding.trace or finding.span.line < 1:
            return f"senseless finding: {finding}"
    kept = decode(FileResult, encode(result))
    if kept != result:
        return "cache: the result is another one when it is read back"
    lines = data.decode("utf-8", "replace").split("\n")
    view = View(
        findings=result.findings,
        suppressed=result.suppressed,
        diagnostics=result.diagnostics,
        files_checked=int(result.checked),
        files_not_checked=int(not result.checked),
        acquire_sites=result.sites,
        unrecognised=(),
        exit_code=1,
        version="0",
        base_dir=".",
        lines_of=lambda path: lines,
        shown_path=lambda path: path,
    )
    names = sorted(FORMATS)
    renderer(names[number % len(names)])(view)
    return ""


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)  # of CPU time: a machine that stands still is no hang
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
