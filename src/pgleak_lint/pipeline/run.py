"""Runs the five stages over many files: source → control-flow graph → analysis → rules → report.

Each file is one call of `check_file`, a pure function; so files can be checked in any order and in any process, and the
results are put back in the order of the paths.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from pgleak_lint.findings.finding import Diagnostic, Severity
from pgleak_lint.pipeline.check_file import check_file, diagnostic
from pgleak_lint.pipeline.result import FileResult, Report
from pgleak_lint.pipeline.tasks import Task
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault, read_file

CHUNK = 32
"""Files that one worker gets at a time."""
WORTH_WORKERS = 64
"""Fewer files than this are checked in this process."""


def _nobody(count: int) -> None:
    """Listens to the progress of runs that nobody watches."""


def run(tasks: Sequence[Task], *, jobs: int = 1, done: Callable[[int], None] = _nobody) -> list[FileResult]:
    """The results in the order of the tasks. ``done`` is told how many more files are done."""
    chunks = [tasks[start : start + CHUNK] for start in range(0, len(tasks), CHUNK)]
    results: list[FileResult] = []
    if jobs <= 1 or len(tasks) < WORTH_WORKERS:
        for chunk in chunks:
            results.extend(_check_chunk(chunk))
            done(len(chunk))
        return results
    pool = ProcessPoolExecutor(max_workers=min(jobs, len(chunks)), initializer=_leave_interrupts_to_the_parent)
    try:
        for chunk, future in zip(chunks, [_submitted(pool, chunk) for chunk in chunks]):
            results.extend(_result(chunk, future))
            done(len(chunk))
    except BaseException:
        _stop(pool)
        raise
    pool.shutdown()
    return results


def _submitted(pool: ProcessPoolExecutor, chunk: Sequence[Task]) -> Future[list[FileResult]] | None:
    try:
        return pool.submit(_check_chunk, chunk)
    except BrokenProcessPool:  # a worker died of an earlier chunk already
        return None


def _result(chunk: Sequence[Task], future: Future[list[FileResult]] | None) -> list[FileResult]:
    try:
        if future is not None:
            return future.result()
    except BrokenProcessPool:
        pass
    return _retried(chunk)


def _retried(chunk: Sequence[Task]) -> list[FileResult]:
    """The files of a broken pool once more, in a process of their own; if that dies too, each half by itself, until the
    file that kills it is alone."""
    with ProcessPoolExecutor(max_workers=1, initializer=_leave_interrupts_to_the_parent) as pool:
        try:
            return pool.submit(_check_chunk, chunk).result()
        except BrokenProcessPool:
            pass
    if len(chunk) > 1:
        middle = len(chunk) // 2
        return _retried(chunk[:middle]) + _retried(chunk[middle:])
    shown = chunk[0].shown
    message = "internal error in parser (process died); not fully checked; please report with --debug"
    return [FileResult(shown, diagnostics=(diagnostic("PGL903", message, shown),), checked=False)]


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers at once: the user does not want the rest."""
    workers = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_chunk(tasks: Sequence[Task]) -> list[FileResult]:
    return run_with_deep_stack(lambda: [_check(task) for task in tasks])


def _check(task: Task) -> FileResult:
    data: bytes | Fault = task.text if task.text is not None else read_file(task.path)
    return check_file(task.shown, data, task.settings, os.path.abspath(task.path))


def available_jobs() -> int:
    """How many processes ``--jobs auto`` uses."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def summarise(
    results: Iterable[FileResult], *, fail_on: str, named: Callable[[str], bool] = lambda path: False
) -> Report:
    """The report over all files. ``named`` tells whether the user named a path: then, if it can't be read, the request
    was not carried out."""
    done = sorted(results, key=lambda result: result.path)
    findings = tuple(finding for result in done for finding in result.findings)
    diagnostics = tuple(found for result in done for found in result.diagnostics)
    sites = sum(result.sites for result in done)
    threshold = Severity(fail_on).rank
    broken = any(_is_broken(found, named) for found in diagnostics)
    severities = [finding.severity for finding in findings] + [found.severity for found in diagnostics]
    failed = any(severity.rank >= threshold for severity in severities)
    imports = Counter(driver for result in done for driver in result.drivers)
    return Report(
        findings=findings,
        suppressed=tuple(silenced for result in done for silenced in result.suppressed),
        diagnostics=diagnostics,
        files_checked=sum(result.checked for result in done),
        files_not_checked=sum(not result.checked for result in done),
        acquire_sites=sites,
        unrecognised=tuple(sorted(imports.items())) if not sites else (),
        exit_code=2 if broken else 1 if failed else 0,
        baselined=tuple(finding for result in done for finding in result.baselined),
        faults=tuple(result.fault for result in done if result.fault),
    )


def _is_broken(found: Diagnostic, named: Callable[[str], bool]) -> bool:
    if found.code == "PGL905":
        return found.message.startswith("cannot read") and named(found.path)
    return found.code == "PGL903"
