"""Checking open documents: the unsaved text stands for its file within the project on disk."""

from __future__ import annotations

import os
from pathlib import Path

from pgleak_lint._record import record
from pgleak_lint.config.load import SettingsFinder
from pgleak_lint.findings.finding import Diagnostic, Finding
from pgleak_lint.pipeline.check_file import check_file
from pgleak_lint.pipeline.project import forget_projects
from pgleak_lint.pipeline.tasks import settings_here
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.discovery import is_excluded


@record
class Checked:
    """What is to be told about one text."""

    text: str
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class Documents:
    """The last answer for each open document."""

    def __init__(self) -> None:
        self._checked: dict[str, Checked] = {}

    def forget(self) -> None:
        """Files or settings have changed: read them again."""
        self._checked.clear()
        forget_projects()

    def close(self, uri: str) -> None:
        """The document is no longer open."""
        self._checked.pop(uri, None)

    def check(self, uri: str, path: str | None, text: str) -> Checked:
        """The answer for this text; ``path`` is None for a document without a file. Raises
        `pgleak_lint.config.options.SettingsError` and `pgleak_lint.models.table.ModelError`."""
        known = self._checked.get(uri)
        if known is None or known.text != text:
            known = self._checked[uri] = run_with_deep_stack(lambda: _check(path, text))
        return known


def _check(path: str | None, text: str) -> Checked:
    file = Path(path) if path is not None else Path("untitled.py")
    settings = SettingsFinder({}).for_file(file)
    if path is not None and is_excluded(file, settings.excludes):
        return Checked(text)
    home = os.path.abspath(file) if path is not None else None
    data = text.encode("utf-8", "surrogatepass")
    result = check_file(str(file), data, settings_here(str(file), settings), home)
    return Checked(text, result.findings, result.diagnostics)
