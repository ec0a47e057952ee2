"""One run of ``check``: from options to an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import click

from pgleak_lint._version import __version__
from pgleak_lint.cli.check import jobs_of, repository_root, wants_color, write_output
from pgleak_lint.cli.errors import CliError
from pgleak_lint.config.load import SettingsFinder
from pgleak_lint.config.options import EVIDENCE, FORMATS, SEVERITIES, SettingsError, check_choice, check_words
from pgleak_lint.pipeline.plugins import PluginError, all_rules
from pgleak_lint.pipeline.result import Report
from pgleak_lint.pipeline.run import Task, run, summarise
from pgleak_lint.report.view import View
from pgleak_lint.source.discovery import Found, PathError, find_files, is_excluded
from pgleak_lint.source.document import decode, read_file, split_lines

_OVERRIDES = (
    "select",
    "extend_select",
    "ignore",
    "evidence",
    "strict",
    "exclude",
    "extend_exclude",
    "output_format",
    "fail_on",
)


class Session:
    """The options of one run, checked."""

    def __init__(self, globals_: dict[str, Any], options: dict[str, Any]) -> None:
        self._globals = globals_
        self._options = options
        self._stdin: bytes | None = None
        self._stdin_name = options["stdin_filename"] or "<stdin>"
        self._check_words()
        overrides = {key: options[key] for key in _OVERRIDES if options[key] is not None}
        if options["no_exclude"]:
            overrides |= {"exclude": (), "extend_exclude": ()}
        if options["no_suppressions"]:
            overrides["suppressions"] = False
        try:
            self._finder = SettingsFinder(overrides, config=globals_["config"], isolated=globals_["isolated"])
            self._settings = self._finder.for_folder(Path.cwd())
            all_rules()
        except (SettingsError, PluginError) as error:
            raise CliError(*str(error).split("\n")) from None

    def _check_words(self) -> None:
        lines: list[str] = []
        for name in ("select", "extend_select", "ignore"):
            lines += check_words(f"--{name.replace('_', '-')}", self._options[name] or ())
        for name, choices in (("evidence", EVIDENCE), ("output_format", FORMATS), ("fail_on", SEVERITIES)):
            if self._options[name] is not None:
                lines += check_choice(f"--{name.replace('_', '-')}", self._options[name], choices)
        if lines:
            raise CliError(*lines)

    def check(self, paths: Sequence[str]) -> int:
        """Check, print, and give the exit code."""
        tasks, named, empty = self._tasks(paths)
        results = run(tasks, jobs=jobs_of(self._options["jobs"]))
        report = summarise(results, fail_on=self._settings.fail_on, named=lambda path: path in named)
        if self._globals["debug"]:
            for fault in report.faults:
                click.echo(fault, err=True)
        code = 2 if empty and self._settings.strict else report.exit_code
        if code == 1 and self._options["exit_zero"]:
            code = 0
        self._print(report, code)
        return code

    # -- files -------------------------------------------------------------------------------------

    def _tasks(self, paths: Sequence[str]) -> tuple[list[Task], frozenset[str], bool]:
        if "-" in paths:
            return self._stdin_task(paths), frozenset(), False
        try:
            found = find_files(paths, self._settings.excludes)
            tasks = [Task(path, path.as_posix(), self._finder.for_file(path)) for path in found.files]
        except PathError as error:
            raise CliError(str(error)) from None
        except SettingsError as error:
            raise CliError(*error.lines) from None
        self._note_left_out(found)
        tasks = [task for task in tasks if not self._is_left_out(task)]
        return tasks, frozenset(path.as_posix() for path in found.named), bool(found.empty)

    def _is_left_out(self, task: Task) -> bool:
        """Excluded by settings that are nearer to the file than those of the working directory."""
        return task.settings.extend_exclude != self._settings.extend_exclude and is_excluded(
            task.path, task.settings.extend_exclude
        )

    def _stdin_task(self, paths: Sequence[str]) -> list[Task]:
        if len(paths) > 1:
            raise CliError("standard input (-) cannot be checked together with other paths")
        self._stdin = sys.stdin.buffer.read()
        path = Path(self._stdin_name)
        settings = self._finder.for_file(path)
        if is_excluded(path, settings.excludes):
            return []
        return [Task(path, self._stdin_name, settings, self._stdin)]

    def _note_left_out(self, found: Found) -> None:
        if self._globals["quiet"]:
            return
        for text in found.empty:
            click.echo(f"warning: no Python files found under {text}", err=True)
        if found.excluded:
            files = "1 named file is" if found.excluded == 1 else f"{found.excluded} named files are"
            click.echo(f"note: {files} excluded (exclude); --no-exclude checks them", err=True)

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
        )

    def _lines_of(self, path: str) -> Sequence[str]:
        data = self._stdin if self._stdin is not None and path == self._stdin_name else read_file(Path(path))
        text = decode(data) if isinstance(data, bytes) else ""
        return split_lines(text) if isinstance(text, str) else []


def _relative(path: str, base: Path) -> str:
    if path.startswith("<"):
        return path
    absolute = Path(os.path.abspath(path))
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else absolute.as_posix()
