"""What a command line asks to have checked, and the run that does it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgleak_lint._record import record
from pgleak_lint.cli.check import jobs_of
from pgleak_lint.cli.errors import CliError, tell
from pgleak_lint.cli.progress import Bar
from pgleak_lint.cli.settings import finder_of
from pgleak_lint.config.options import SettingsError
from pgleak_lint.pipeline.result import FileResult
from pgleak_lint.pipeline.run import run
from pgleak_lint.pipeline.tasks import (
    Task,
    is_left_out,
    part_of,
    settings_here,
    task_for,
    unreadable_folders,
    with_effort,
)
from pgleak_lint.rules.plugins import PluginError, plugin_rules
from pgleak_lint.source.discovery import Found, find_files, is_excluded

if TYPE_CHECKING:
    from pgleak_lint.pipeline.memory import Memory

NOTHING = Found((), frozenset(), 0, ())


@record
class Checked:
    """A run: ``paths`` as the user gave them, the files behind them, and a result for each that was not left out."""

    paths: Sequence[str]
    found: Found
    tasks: Sequence[Task]
    results: list[FileResult]


class Request:
    """The settings of a command line. ``origins`` says where each comes from."""

    def __init__(self, globals_: dict[str, Any], options: dict[str, Any]) -> None:
        self._globals = globals_
        self._shows_progress = options.get("progress") == "auto" and not globals_["quiet"]
        self._wants_all = bool(options.get("everything"))
        self._without_memory = self._wants_all or bool(options.get("no_cache")) or _is_set("PGLEAK_LINT_NO_CACHE")
        self._shard: tuple[int, int] | None = options.get("shard")
        self.stdin: bytes | None = None
        self.stdin_name = options.get("stdin_filename") or "<stdin>"
        self._finder = finder_of(globals_, options)
        try:
            here = self._finder.explain()
            plugin_rules()
        except (SettingsError, PluginError) as error:
            raise CliError(*str(error).split("\n")) from None
        self.settings = here.settings
        self.origins = here.origins

    def run(self, paths: Sequence[str]) -> Checked:
        """Check the files at and below the paths."""
        found = NOTHING if "-" in paths else find_files(paths, self.settings.excludes)
        tasks = self._stdin_task(paths) if "-" in paths else self._file_tasks(found)
        self._tell_about(found, tasks)
        tasks = part_of(with_effort(tasks, everything=self._wants_all), self._shard)
        results = [*self._results(tasks), *unreadable_folders(found, self.settings)]
        return Checked(paths, found, tasks, results)

    def _results(self, tasks: Sequence[Task]) -> list[FileResult]:
        """A result for each task: one of an earlier run where that still holds."""
        memory = self._memory() if self.stdin is None else None
        recalled = memory.recalled(tasks) if memory is not None else [None] * len(tasks)
        left = [task for task, result in zip(tasks, recalled) if result is None]
        with Bar(len(left), wanted=self._shows_progress) as bar:
            fresh = run(left, jobs=jobs_of(self.settings.jobs), done=bar.advance, traced=memory is not None)
        if memory is not None:
            memory.learn(left, fresh)
            self._save(memory)
        results = iter(fresh)
        return [next(results) if result is None else result for result in recalled]

    def _memory(self) -> Memory | None:
        if self._without_memory:
            return None
        from pgleak_lint.cache.table import cache_folder
        from pgleak_lint.pipeline.memory import Memory

        return Memory(cache_folder(self.settings.root, self.settings.cache_dir))

    def _save(self, memory: Memory) -> None:
        try:
            memory.save()
        except OSError as error:
            if not self._globals["quiet"]:
                tell(f"warning: cannot write the cache: {(error.strerror or 'unknown error').lower()}")

    def _file_tasks(self, found: Found) -> list[Task]:
        try:
            tasks = [task_for(path, self._finder.for_file(path)) for path in found.files]
        except SettingsError as error:
            raise CliError(*error.lines) from None
        return [task for task in tasks if not is_left_out(task, self.settings)]

    def _stdin_task(self, paths: Sequence[str]) -> list[Task]:
        if len(paths) > 1:
            raise CliError("standard input (-) cannot be checked together with other paths")
        try:
            self.stdin = sys.stdin.buffer.read()
        except (OSError, ValueError, AttributeError):
            raise CliError("cannot read standard input") from None
        path = Path(self.stdin_name)
        try:
            settings = self._finder.for_file(path)
        except SettingsError as error:
            raise CliError(*error.lines) from None
        if is_excluded(path, settings.excludes):
            return []
        return [Task(os.fspath(path), self.stdin_name, settings_here(os.fspath(path), settings), self.stdin)]

    def _tell_about(self, found: Found, tasks: Sequence[Task]) -> None:
        for line in found.errors:
            tell(f"error: {line}")
        if self._globals["quiet"]:
            return
        for text in found.empty:
            tell(f"warning: no Python files found under {text}")
        if found.excluded:
            files = "1 named file is" if found.excluded == 1 else f"{found.excluded} named files are"
            tell(f"note: {files} excluded (tool.pgleak-lint.exclude); --no-exclude checks them")
        if self._globals["verbose"]:
            tell(f"note: settings from {self.settings.root or 'the defaults'}; files to check: {len(tasks)}")


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "").lower() not in ("", "0", "false")
