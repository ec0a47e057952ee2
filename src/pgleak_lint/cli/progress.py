"""A progress bar on standard error, for runs that take long, on a terminal only."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 0.7
"""Seconds before a bar appears: most runs are over by then, and pay nothing for it."""


class Bar:
    """Told how many more files are done; used as a context manager around the run."""

    def __init__(self, total: int, *, wanted: bool) -> None:
        self._total = total
        self._wanted = wanted and sys.stderr.isatty()
        self._began = time.monotonic()
        self._done = 0
        self._progress: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, count: int) -> None:
        """So many more files are done."""
        self._done += count
        if not self._wanted or time.monotonic() - self._began < PATIENCE:
            return
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

            columns = ("checking", BarColumn(), MofNCompleteColumn(), "files", TimeRemainingColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task("checking", total=self._total)
            self._progress.start()
        self._progress.update(self._task, completed=self._done)
