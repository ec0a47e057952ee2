"""``check --add-ignores``: accepts what was found by comments in the files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pgleak_lint.cli.errors import tell
from pgleak_lint.pipeline.check_file import check_file
from pgleak_lint.pipeline.result import FileResult
from pgleak_lint.pipeline.tasks import Task
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import decode, encode_like, read_file
from pgleak_lint.source.ignores import add_ignores


class IgnoresWriter:
    """Writes comments for the findings of files. ``failed`` tells whether a file could not be changed, ``written`` counts
    the findings that are accepted now, ``files`` those that changed."""

    def __init__(self, reason: str) -> None:
        self._reason = " ".join(reason.split())
        self.failed = False
        self.written = 0
        self.files = 0

    def accept(self, results: Sequence[FileResult], tasks: Sequence[Task]) -> list[FileResult]:
        """The results after the comments were written."""
        by_path = {task.shown: task for task in tasks}
        return run_with_deep_stack(
            lambda: [self._accept(result, by_path[result.path]) if result.findings else result for result in results]
        )

    def _accept(self, result: FileResult, task: Task) -> FileResult:
        changed = self._changed(result, task)
        if isinstance(changed, str):
            tell(f"error: cannot write {task.shown}: {changed}")
            self.failed = True
            return result
        after, data = changed
        try:
            Path(task.path).write_bytes(data)
        except OSError as error:
            tell(f"error: cannot write {task.shown}: {(error.strerror or 'unknown error').lower()}")
            self.failed = True
            return result
        self.files += 1
        self.written += len(result.findings)
        return after

    def _changed(self, result: FileResult, task: Task) -> tuple[FileResult, bytes] | str:
        """The file with its comments, checked again before anything is written; or why it stays as it is."""
        data = read_file(task.path)
        text = decode(data) if isinstance(data, bytes) else data
        if not isinstance(data, bytes) or not isinstance(text, str):
            return "it has changed meanwhile"
        wanted = [(finding.span.line, finding.code) for finding in result.findings]
        new, homeless = add_ignores(text, wanted, self._reason)
        if homeless:
            return "there is no place for a comment"
        encoded = encode_like(new, data)
        if encoded is None:
            return "its encoding lacks characters of the reason"
        after = check_file(task.shown, encoded, task.settings, os.path.abspath(task.path))
        if not after.checked or _count(after) != _count(result):
            return "it has changed meanwhile"
        known = {finding.fingerprint for finding in (*result.baselined, *result.set_aside)}
        if any(finding.fingerprint not in known for finding in after.findings):
            return "the comments would not silence the findings"
        return replace(after, findings=(), baselined=result.baselined, set_aside=result.set_aside), encoded


def _count(result: FileResult) -> int:
    return sum(map(len, (result.findings, result.suppressed, result.baselined, result.set_aside)))
