"""The functions behind ``import pgleak_lint``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pgleak_lint.config.load import SettingsFinder
from pgleak_lint.config.settings import Settings
from pgleak_lint.pipeline.project import forget_projects
from pgleak_lint.pipeline.result import Report
from pgleak_lint.pipeline.run import run, summarise
from pgleak_lint.pipeline.tasks import (
    Task,
    is_left_out,
    settings_here,
    shown_names,
    task_for,
    unreadable_folders,
    with_effort,
)
from pgleak_lint.source.discovery import PathError, find_files

if TYPE_CHECKING:
    from concurrent.futures import Executor


def check_source(text: str, *, path: str = "<string>", settings: Settings | None = None) -> Report:
    """Check one text. ``path`` is only how findings name it; no settings file is read."""
    settings = settings or Settings()
    data = text.encode("utf-8", "surrogatepass")
    results = run([Task(path, path, settings_here(path, settings), data)])
    return summarise(results, fail_on=settings.fail_on)


def check_paths(
    paths: Sequence[str | os.PathLike[str]], *, settings: Settings | None = None, executor: Executor | None = None
) -> Report:
    """Check files and folders. Without ``settings``, settings files are found as on the command line. ``executor``: where the
    files are checked, if not in this process; its workers are processes that see the same files (on Dask,
    ``Client.get_executor()``).

    Raises `pgleak_lint.source.discovery.PathError` and `pgleak_lint.config.options.SettingsError`.
    """
    forget_projects()  # files may have changed since the last call
    finder = SettingsFinder({})
    base = settings or finder.for_folder(Path.cwd())
    found = find_files([os.fspath(path) for path in paths], base.excludes)
    if found.errors:
        raise PathError(*found.errors)
    tasks = [task_for(path, settings or finder.for_file(path)) for path in found.files]
    wanted = with_effort([task for task in tasks if not is_left_out(task, base)])
    results = [*run(wanted, executor=executor), *unreadable_folders(found, base)]
    return summarise(results, fail_on=base.fail_on, named=shown_names(found.named).__contains__)
