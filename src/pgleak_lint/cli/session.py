"""One run of ``check``: from options to an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from pgleak_lint._version import __version__
from pgleak_lint.cli.check import jobs_of, repository_root, wants_color, write_output
from pgleak_lint.cli.errors import EXIT_CODE, CliError, tell
from pgleak_lint.cli.ignores import IgnoresWriter
from pgleak_lint.cli.settings import finder_of
from pgleak_lint.config.options import SettingsError
from pgleak_lint.pipeline.result import FileResult, Report
from pgleak_lint.pipeline.run import run, summarise
from pgleak_lint.pipeline.tasks import (
    Task,
    is_left_out,
    settings_here,
    shown_names,
    task_for,
    unreadable_folders,
)
from pgleak_lint.report.view import View
from pgleak_lint.rules.plugins import PluginError, all_rules
from pgleak_lint.source.discovery import Found, find_files, is_excluded
from pgleak_lint.source.document import decode, read_file, split_lines

NOTHING = Found((), frozenset(), 0, ())


class Session:
    """The options of one run, checked."""

    def __init__(self, globals_: dict[str, Any], options: dict[str, Any]) -> None:
        self._globals = globals_
        self._options = options
        self._stdin: bytes | None = None
        self._failed = False
        self._stdin_name = options["stdin_filename"] or "<stdin>"
        self._finder = finder_of(globals_, options)
        try:
            self._settings = self._finder.for_folder(Path.cwd())
            all_rules()
        except (SettingsError, PluginError) as error:
            raise CliError(*str(error).split("\n")) from None

    def check(self, paths: Sequence[str]) -> int:
        """Check, print, and give the exit code."""
        self._check_contradictions(paths)
        jobs = jobs_of(self._settings.jobs)
        found = NOTHING if "-" in paths else find_files(paths, self._settings.excludes)
        tasks = self._stdin_task(paths) if "-" in paths else self._file_tasks(found)
        self._tell_about(found, tasks)
        results = [*run(tasks, jobs=jobs), *unreadable_folders(found, self._settings)]
        if self._options["add_ignores"] is not None:
            results = self._add_ignores(results, tasks)
        named = shown_names(found.named)
        report = summarise(results, fail_on=self._settings.fail_on, named=named.__contains__)
        for fault in report.faults if self._globals["debug"] else ():
            print(fault, file=sys.stderr)
        code = self._exit_code(report, found)
        self._print(report, code)
        return code

    def _exit_code(self, report: Report, found: Found) -> int:
        if self._failed or found.errors or (found.empty and self._settings.strict):
            return EXIT_CODE
        if report.exit_code == 1 and self._options["exit_zero"]:
            return 0
        return report.exit_code

    # -- files -------------------------------------------------------------------------------------

    def _file_tasks(self, found: Found) -> list[Task]:
        try:
            tasks = [task_for(path, self._finder.for_file(path)) for path in found.files]
        except SettingsError as error:
            raise CliError(*error.lines) from None
        return [task for task in tasks if not is_left_out(task, self._settings)]

    def _stdin_task(self, paths: Sequence[str]) -> list[Task]:
        if len(paths) > 1:
            raise CliError("standard input (-) cannot be checked together with other paths")
        try:
            self._stdin = sys.stdin.buffer.read()
        except (OSError, ValueError, AttributeError):
            raise CliError("cannot read standard input") from None
        path = Path(self._stdin_name)
        try:
            settings = self._finder.for_file(path)
        except SettingsError as error:
            raise CliError(*error.lines) from None
        if is_excluded(path, settings.excludes):
            return []
        return [Task(path, self._stdin_name, settings_here(path, settings), self._stdin)]

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
            tell(f"note: settings from {self._settings.root or 'the defaults'}; files to check: {len(tasks)}")

    # -- accepting ---------------------------------------------------------------------------------

    def _check_contradictions(self, paths: Sequence[str]) -> None:
        options = self._options
        reason = options["add_ignores"]
        if reason is not None and "-" in paths:
            raise CliError("--add-ignores cannot change standard input")
        if reason is not None and options["no_suppressions"]:
            raise CliError("--add-ignores and --no-suppressions exclude each other")
        if reason is not None and not reason.strip() and self._settings.require_reason:
            raise CliError("--add-ignores: suppressions.require-reason asks for one: --add-ignores=REASON")

    def _add_ignores(self, results: Sequence[FileResult], tasks: Sequence[Task]) -> list[FileResult]:
        writer = IgnoresWriter(self._options["add_ignores"])
        after = writer.accept(results, tasks)
        self._failed = self._failed or writer.failed
        if not self._globals["quiet"]:
            findings = "1 finding is" if writer.written == 1 else f"{writer.written} findings are"
            files = "1 file" if writer.files == 1 else f"{writer.files} files"
            tell(f"note: {findings} suppressed by new comments in {files}")
        return after

    # -- output ------------------------------------------------------------------------------------

    def _print(self, report: Report, code: int) -> None:
        from pgleak_lint.report import FORMATS as RENDERERS

        view = self._view(report, code)
        write_output(RENDERERS[self._settings.output_format](view), self._options["output_file"])

    def _view(self, report: Report, code: int) -> View:
        base = Path(self._options["path_base"]) if self._options["path_base"] else repository_root(Path.cwd())
        base = Path(os.path.abspath(base))
        to_terminal = sys.stdout.isatty() and self._options["output_file"] is None
        return View(
            findings=report.findings,
            suppressed=report.suppressed,
            diagnostics=report.diagnostics,
            files_checked=report.files_checked,
            files_not_checked=report.files_not_checked,
            acquire_sites=report.acquire_sites,
            unrecognised=report.unrecognised,
            exit_code=code,
            version=__version__,
            base_dir=Path(os.path.relpath(base)).as_posix(),
            lines_of=lru_cache(maxsize=64)(self._lines_of),
            shown_path=lambda path: _relative(path, base),
            show_suppressed=self._options["show_suppressed"],
            statistics=self._options["statistics"],
            trace=not self._options["no_trace"],
            quiet=self._globals["quiet"],
            color=wants_color(self._globals["color"], to_terminal=to_terminal),
            plain=self._options["output_file"] is None and not _speaks_utf8(sys.stdout.encoding),
        )

    def _lines_of(self, path: str) -> Sequence[str]:
        data = self._stdin if self._stdin is not None and path == self._stdin_name else read_file(Path(path))
        text = decode(data) if isinstance(data, bytes) else ""
        return split_lines(text) if isinstance(text, str) else []


def _speaks_utf8(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig")


def _relative(path: str, base: Path) -> str:
    if path.startswith("<"):
        return path
    absolute = Path(os.path.abspath(path))
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else absolute.as_posix()
