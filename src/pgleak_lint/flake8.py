"""The plugin for flake8: the same codes; flake8 counts columns from 0."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

from pgleak_lint._version import __version__


class Plugin:
    """One file. flake8 gives the name and the lines; ``-`` and ``stdin`` have no place in the project."""

    name = "pgleak-lint"
    version = __version__

    def __init__(self, tree: ast.AST, filename: str, lines: list[str]) -> None:
        self._filename = filename
        self._text = "".join(lines)

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        """(line, column from 0, text, type) of each finding. Raises `pgleak_lint.config.options.SettingsError`."""
        from pgleak_lint.config.load import SettingsFinder
        from pgleak_lint.pipeline.check_file import check_file
        from pgleak_lint.pipeline.tasks import settings_here
        from pgleak_lint.source.deep_stack import run_with_deep_stack

        path = self._filename
        home = os.path.abspath(path) if os.path.exists(path) else None
        settings = settings_here(path, SettingsFinder({}).for_file(path))
        data = self._text.encode("utf-8", "surrogatepass")
        result = run_with_deep_stack(lambda: check_file(self._filename, data, settings, home))
        for finding in result.findings:
            yield finding.span.line, finding.span.column - 1, f"{finding.code} {finding.message}", type(self)
        for found in result.diagnostics:
            line, column = (found.span.line, found.span.column) if found.span else (1, 1)
            yield line, column - 1, f"{found.code} {found.message}", type(self)
