"""One run of ``check``: from options to an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgleak_lint._version import __version__
from pgleak_lint.cli.check import relative_to_base, repository_root, shows_links, wants_color, write_output
from pgleak_lint.cli.errors import EXIT_CODE, CliError, tell
from pgleak_lint.cli.request import Checked, Request
from pgleak_lint.models.table import ModelError
from pgleak_lint.pipeline.project import project_of
from pgleak_lint.pipeline.result import FileResult, Report
from pgleak_lint.pipeline.run import summarise
from pgleak_lint.pipeline.tasks import Task, shown_names
from pgleak_lint.report.view import View
from pgleak_lint.source.discovery import Found
from pgleak_lint.source.document import decode, read_file, split_lines

if TYPE_CHECKING:
    from pgleak_lint.cli.baseline_file import BaselineFile
    from pgleak_lint.pipeline.accepted import Compared
    from pgleak_lint.source.changes import MergeBase


class Session:
    """The options of one run, checked."""

    def __init__(self, globals_: dict[str, Any], options: dict[str, Any]) -> None:
        self._globals = globals_
        self._options = options
        self._request = Request(globals_, options)
        self._settings = self._request.settings
        try:
            project_of(self._settings)
        except ModelError as error:
            raise CliError(str(error)) from None
        self._failed = False
        self._compared: Compared | None = None
        self.counts = (0, 0)
        """Files and findings of the last run."""

    def check(self, paths: Sequence[str]) -> int:
        """Check, print, and give the exit code."""
        self._check_contradictions(paths)
        writing = self._options["write_baseline"]
        baseline = self._baseline(may_be_missing=writing) if self._settings.baseline else None
        base = self._merge_base() if self._options["diff_base"] is not None else None
        checked = self._request.run(paths)
        results = checked.results
        if baseline is not None:
            self._compared = baseline.compare(checked)
            results = self._compared.results
            if writing:
                return self._write_baseline(baseline, self._compared, self._summarise(results, checked), checked.found)
        if base is not None:
            results = self._only_concerned(results, base)
        if self._options["add_ignores"] is not None:
            results = self._add_ignores(results, checked.tasks)
        report = self._summarise(results, checked)
        for fault in report.faults if self._globals["debug"] else ():
            print(fault, file=sys.stderr)
        self.counts = (report.files_checked + report.files_not_checked, len(report.findings))
        code = self._exit_code(report, checked.found)
        self._print(report, code)
        self._tell_fixed()
        return code

    def _baseline(self, *, may_be_missing: bool) -> BaselineFile:
        from pgleak_lint.cli.baseline_file import BaselineFile

        return BaselineFile(self._request, may_be_missing=may_be_missing)

    def _summarise(self, results: Sequence[FileResult], checked: Checked) -> Report:
        named = shown_names(checked.found.named)
        return summarise(results, fail_on=self._settings.fail_on, named=named.__contains__)

    def _exit_code(self, report: Report, found: Found) -> int:
        if self._failed or found.errors or (found.empty and self._settings.strict):
            return EXIT_CODE
        code = report.exit_code
        if code == 0 and self._settings.strict and self._compared is not None and self._compared.fixed:
            code = 1
        return 0 if code == 1 and self._options["exit_zero"] else code

    # -- accepting ---------------------------------------------------------------------------------

    def _check_contradictions(self, paths: Sequence[str]) -> None:
        options = self._options
        if options["write_baseline"]:
            if options["add_ignores"] is not None:
                raise CliError("--write-baseline and --add-ignores exclude each other")
            if options["diff_base"] is not None:
                raise CliError("--write-baseline and --diff-base exclude each other")
            if options["shard"] is not None:
                raise CliError("--write-baseline and --shard exclude each other")
            if "-" in paths:
                raise CliError("--write-baseline cannot be used with standard input")
            if self._settings.baseline is None:
                raise CliError("--write-baseline: no baseline is named; add --baseline FILE, or set baseline")
        if options["diff_base"] is not None and "-" in paths:
            raise CliError("--diff-base cannot be used with standard input")
        if options["shard"] is not None and "-" in paths:
            raise CliError("--shard cannot be used with standard input")
        reason = options["add_ignores"]
        if reason is not None and "-" in paths:
            raise CliError("--add-ignores cannot change standard input")
        if reason is not None and options["no_suppressions"]:
            raise CliError("--add-ignores and --no-suppressions exclude each other")
        if reason is not None and not reason.strip() and self._settings.require_reason:
            raise CliError("--add-ignores: suppressions.require-reason asks for one: --add-ignores=REASON")

    def _add_ignores(self, results: Sequence[FileResult], tasks: Sequence[Task]) -> list[FileResult]:
        from pgleak_lint.cli.ignores import IgnoresWriter

        writer = IgnoresWriter(self._options["add_ignores"])
        after = writer.accept(results, tasks)
        self._failed = self._failed or writer.failed
        if not self._globals["quiet"]:
            findings = "1 finding is" if writer.written == 1 else f"{writer.written} findings are"
            files = "1 file" if writer.files == 1 else f"{writer.files} files"
            tell(f"note: {findings} suppressed by new comments in {files}")
        return after

    def _write_baseline(self, baseline: BaselineFile, compared: Compared, report: Report, found: Found) -> int:
        entries = (*compared.kept, *compared.new)
        baseline.write(entries)
        if not self._globals["quiet"]:
            tell(f"{baseline.path}: +{len(compared.new)} −{len(compared.fixed)} ={len(entries)}")
            if report.files_not_checked:
                files = "1 file was" if report.files_not_checked == 1 else f"{report.files_not_checked} files were"
                tell(f"note: {files} not checked; check without --write-baseline says why")
        return EXIT_CODE if found.errors or report.exit_code == EXIT_CODE else 0

    def _tell_fixed(self) -> None:
        fixed = len(self._compared.fixed) if self._compared is not None else 0
        if fixed and (self._settings.strict or not self._globals["quiet"]):
            entries = "1 baseline entry is" if fixed == 1 else f"{fixed} baseline entries are"
            level = "error" if self._settings.strict else "note"
            tell(f"{level}: {entries} fixed; run pgleak-lint baseline prune")

    # -- changes -----------------------------------------------------------------------------------

    def _merge_base(self) -> MergeBase:
        from pgleak_lint.source.changes import merge_base
        from pgleak_lint.source.git import GitError

        try:
            return merge_base(self._options["diff_base"], Path.cwd())
        except GitError as error:
            raise CliError(f"--diff-base: {error}") from None

    def _only_concerned(self, results: Sequence[FileResult], base: MergeBase) -> list[FileResult]:
        from pgleak_lint.pipeline.concerned import only_concerned
        from pgleak_lint.source.changes import changes_since
        from pgleak_lint.source.git import GitError

        try:
            after = only_concerned(results, changes_since(base, [result.path for result in results]))
        except GitError as error:
            raise CliError(f"--diff-base: {error}") from None
        count = sum(len(result.set_aside) for result in after)
        if count and not self._globals["quiet"]:
            findings = "1 finding is" if count == 1 else f"{count} findings are"
            tell(f"note: {findings} not told: nothing there has changed since {self._options['diff_base']}")
        return after

    # -- output ------------------------------------------------------------------------------------

    def _print(self, report: Report, code: int) -> None:
        from pgleak_lint.report import renderer

        view = self._view(report, code)
        write_output(renderer(self._settings.output_format)(view), self._options["output_file"])
        for name, path in self._options["report"]:
            write_output(renderer(name)(replace(view, color=False, links=False, plain=False)), path)

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
            shown_path=lambda path: relative_to_base(path, base),
            show_suppressed=self._options["show_suppressed"],
            statistics=self._options["statistics"],
            trace=not self._options["no_trace"],
            quiet=self._globals["quiet"],
            color=wants_color(self._globals["color"], to_terminal=to_terminal),
            links=to_terminal and shows_links(os.environ),
            baselined=report.baselined,
            has_baseline=self._compared is not None,
            show_baselined=self._options["show_baselined"],
            plain=self._options["output_file"] is None and not _speaks_utf8(sys.stdout.encoding),
        )

    def _lines_of(self, path: str) -> Sequence[str]:
        is_stdin = self._request.stdin is not None and path == self._request.stdin_name
        data = self._request.stdin if is_stdin else read_file(path)
        text = decode(data) if isinstance(data, bytes) else ""
        return split_lines(text) if isinstance(text, str) else []


def _speaks_utf8(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig")
