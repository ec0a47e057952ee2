"""Runs the five stages over many files: source → control-flow graph → analysis → rules → report.

Each file is one call of `check_file`, a pure function; so files can be checked in any order and in any process, and the
results are put back in the order of the paths.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from pgleak_lint.config.settings import Settings
from pgleak_lint.findings.finding import Severity
from pgleak_lint.pipeline.check_file import check_file, diagnostic
from pgleak_lint.pipeline.result import FileResult, Report
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault, read_file

CHUNK = 32
"""Files that one worker gets at a time."""
WORTH_WORKERS = 64
"""Fewer files than this are checked in this process."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to check. ``path`` is where it is, ``shown`` how findings name it; ``text`` stands for it if given."""

    path: Path
    shown: str
    settings: Settings
    text: bytes | None = None


def run(tasks: Sequence[Task], *, jobs: int = 1) -> list[FileResult]:
    """The results in the order of the tasks."""
    if jobs <= 1 or len(tasks) < WORTH_WORKERS:
        return run_with_deep_stack(lambda: [_check(task) for task in tasks])
    chunks = [tasks[start : start + CHUNK] for start in range(0, len(tasks), CHUNK)]
    results: list[FileResult] = []
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(_check_chunk, chunk) for chunk in chunks]
        for chunk, future in zip(chunks, futures):
            try:
                results.extend(future.result())
            except BrokenProcessPool:
                results.extend(_isolated(task) for task in chunk)
    return results


def _check(task: Task) -> FileResult:
    data: bytes | Fault = task.text if task.text is not None else read_file(task.path)
    return check_file(task.shown, data, task.settings)


def _check_chunk(tasks: Sequence[Task]) -> list[FileResult]:
    return run_with_deep_stack(lambda: [_check(task) for task in tasks])


def _isolated(task: Task) -> FileResult:
    """A file whose worker died, or whose pool another one broke: once more, in a process of its own."""
    try:
        with ProcessPoolExecutor(max_workers=1) as pool:
            return pool.submit(_check_chunk, [task]).result()[0]
    except BrokenProcessPool:
        message = "internal error in the parser (process died); not checked; please report with --debug"
        return FileResult(task.shown, diagnostics=(diagnostic("PGL903", message, task.shown),), checked=False)


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
    broken = any(d.code == "PGL903" for d in diagnostics) or any(
        d.code == "PGL905" and named(d.path) and "permission" in d.message for d in diagnostics
    )
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
        faults=tuple(result.fault for result in done if result.fault),
    )
