"""Runs the five stages over many files: source → control-flow graph → analysis → rules → report.

Each file is one call of `check_file`, a pure function; so files can be checked in any order and in any process, and the
results are put back in the order of the paths.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pgleak_lint.findings.finding import Diagnostic, Severity
from pgleak_lint.pipeline.check_file import check_file, diagnostic
from pgleak_lint.pipeline.collector import rare_collections
from pgleak_lint.pipeline.project import bytes_to_check
from pgleak_lint.pipeline.result import FileResult, Report
from pgleak_lint.pipeline.tasks import Task
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault

if TYPE_CHECKING:
    from concurrent.futures import Executor

WORTH_WORKERS = 64
"""Fewer files than this are checked in this process."""


def _nobody(count: int) -> None:
    """Listens to the progress of runs that nobody watches."""


def run(
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    done: Callable[[int], None] = _nobody,
    executor: Executor | None = None,
    traced: bool = False,
) -> list[FileResult]:
    """The results in the order of the tasks. ``done`` is told how many more files are done. ``executor``: where the files are
    checked, if not in processes of our own; its workers must not be threads, which would share what one run works out.
    ``traced``: the results have their trails."""
    if executor is None and (jobs <= 1 or len(tasks) < WORTH_WORKERS):
        return list(_run_here(tasks, done, traced))
    from pgleak_lint.pipeline.workers import chunked, run_in_processes, run_on  # few runs need them

    if executor is None:
        return run_in_processes(partial(_check_chunk, traced=traced), tasks, jobs, done, _died)
    return run_on(executor, partial(_check_elsewhere, traced=traced), chunked(tasks), done)


def _run_here(tasks: Sequence[Task], done: Callable[[int], None], traced: bool) -> Iterator[FileResult]:
    with rare_collections():
        for start in range(0, len(tasks), WORTH_WORKERS):
            results = _check_chunk(tasks[start : start + WORTH_WORKERS], traced=traced)
            done(len(results))
            yield from results


def _died(task: Task) -> list[FileResult]:
    """The result for a file that killed the process in which it was checked."""
    message = "internal error in parser (process died); not fully checked; please report with --debug"
    return [FileResult(task.shown, diagnostics=(diagnostic("PGL903", message, task.shown),), checked=False)]


def _check_elsewhere(tasks: Sequence[Task], *, traced: bool) -> list[FileResult]:
    with rare_collections():
        return _check_chunk(tasks, traced=traced)


def _check_chunk(tasks: Sequence[Task], *, traced: bool) -> list[FileResult]:
    return run_with_deep_stack(lambda: [_check(task, traced) for task in tasks])


def _check(task: Task, traced: bool) -> FileResult:
    home = os.path.abspath(task.path)
    data: bytes | Fault = task.text if task.text is not None else bytes_to_check(home)
    return check_file(task.shown, data, task.settings, home, task.effort, traced=traced)


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
