"""The functions behind ``import pgleak_lint``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pgleak_lint.config.load import SettingsFinder
from pgleak_lint.config.settings import Settings
from pgleak_lint.pipeline.result import Report
from pgleak_lint.pipeline.run import Task, run, summarise
from pgleak_lint.source.discovery import find_files, is_excluded


def check_source(text: str, *, path: str = "<string>", settings: Settings | None = None) -> Report:
    """Check one text. ``path`` is only how findings name it; no settings file is read."""
    settings = settings or Settings()
    results = run([Task(Path(path), path, settings, text.encode("utf-8", "surrogatepass"))])
    return summarise(results, fail_on=settings.fail_on)


def check_paths(paths: Sequence[str | os.PathLike[str]], *, settings: Settings | None = None) -> Report:
    """Check files and folders. Without ``settings``, settings files are found as on the command line.

    Raises `pgleak_lint.source.discovery.PathError` and `pgleak_lint.config.options.SettingsError`.
    """
    finder = SettingsFinder({})
    excludes = (settings or finder.for_folder(Path.cwd())).excludes
    found = find_files([os.fspath(path) for path in paths], excludes)
    tasks = [Task(path, path.as_posix(), settings or finder.for_file(path)) for path in found.files]
    tasks = [task for task in tasks if not is_excluded(task.path, task.settings.extend_exclude)]
    return summarise(run(tasks), fail_on=(settings or Settings()).fail_on)
