"""The results of earlier runs, put to use: which tasks need no work, and what is to be remembered of the others."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pgleak_lint._digest import blake2b
from pgleak_lint._version import __version__
from pgleak_lint.cache.codec import Mismatch, decode, encode
from pgleak_lint.cache.table import Entry, read_table, write_table
from pgleak_lint.cache.validity import Stamp, folder_of, invalid_homes, stamp_of
from pgleak_lint.config.settings import Settings
from pgleak_lint.pipeline.effort import Effort
from pgleak_lint.pipeline.project import Project, project_of
from pgleak_lint.pipeline.result import FileResult
from pgleak_lint.pipeline.tasks import Task
from pgleak_lint.rules.plugins import plugin_rules

_PACKAGE = Path(__file__).parents[1]


class Memory:
    """What is remembered in one folder. Results are looked up by `recalled`, told by `learn` and kept by `save`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = time.time_ns()
        self._table = read_table(folder, _context())
        self._invalid = invalid_homes(self._table, self._started)
        self._stamps: dict[str, Stamp | None] = {}
        self._changed = bool(self._invalid)

    def recalled(self, tasks: Sequence[Task]) -> list[FileResult | None]:
        """The result of each task as far as an earlier one still holds."""
        return [self._recall(task) for task in tasks]

    def _recall(self, task: Task) -> FileResult | None:
        if task.text is not None or task.effort is Effort.ALL:
            return None
        home = os.path.abspath(task.path)
        entry = self._table.entries.get(home)
        if entry is not None and home not in self._invalid and entry.settings == _digest(task.settings, task.effort):
            result = _result(entry, task.shown)
            if result is not None:
                return result
        self._stamps[home] = stamp_of(home, self._started)
        return None

    def learn(self, tasks: Iterable[Task], results: Iterable[FileResult]) -> None:
        """Remember the results of tasks that were not recalled."""
        entries = self._table.entries
        checked: dict[str, Project] = {}
        for task, result in zip(tasks, results):
            home, trail = os.path.abspath(task.path), result.trail
            if task.text is not None or task.effort is Effort.ALL:
                continue
            self._changed = True
            entries.pop(home, None)
            if trail is None:
                continue
            checked[home] = project_of(task.settings)
            entries[home] = Entry(
                stamp=self._stamps.get(home),
                digest=trail.digest,
                imports=trail.imports,
                settings=_digest(task.settings, task.effort),
                shown=task.shown,
                result=_encoded(result),
                consulted=trail.consulted,
            )
        self._add_outsiders(checked)
        self._forget_the_dead(set(checked))
        self._add_folders(checked)

    def save(self) -> None:
        """Write what was learnt. Raises OSError."""
        if self._changed:
            write_table(self._folder, self._table)

    def _add_outsiders(self, checked: dict[str, Project]) -> None:
        """Entries for what the checked files import, or their analysis looked into, without being checked."""
        entries = self._table.entries
        pending = dict(checked)
        for _ in range(4):
            found: dict[str, Project] = {}
            for home, project in pending.items():
                entry = entries[home]
                for other in (*entry.imports, *entry.consulted):
                    if other not in entries or (other in self._invalid and other not in checked):
                        found[other] = project
            for other, project in found.items():
                self._invalid -= {other}
                imports = project.relevance.imports_of(other)
                entries[other] = Entry(stamp_of(other, self._started), None, imports)
            pending = found

    def _forget_the_dead(self, checked: set[str]) -> None:
        """Results that no longer hold and were not asked for this time are as good as none."""
        for home in self._invalid - checked:
            entry = self._table.entries.get(home)
            if entry is not None:
                self._table.entries[home] = Entry(None, None, entry.imports)

    def _add_folders(self, checked: dict[str, Project]) -> None:
        folders = self._table.folders
        for project in set(checked.values()):
            for root in project.layout.roots:
                folders[root] = folder_of(root, self._started)
        for home in checked:
            folder = os.path.dirname(home)
            while folder not in folders:
                folders[folder] = folder_of(folder, self._started)
                if not os.path.isfile(os.path.join(folder, "__init__.py")):
                    break
                folder = os.path.dirname(folder)


def _encoded(result: FileResult) -> object:
    plain = FileResult(result.path, drivers=result.drivers, sites=result.sites)
    if result == plain:
        return [result.sites, list(result.drivers)] if result.drivers or result.sites else None
    return encode(result)


def _result(entry: Entry, shown: str) -> FileResult | None:
    """The result that an entry holds, if it was shown under that name."""
    if entry.shown != shown:
        return None
    if entry.result is None:
        return FileResult(shown)
    try:
        if len(entry.result) == 2:
            sites, drivers = entry.result
            return FileResult(shown, sites=sites, drivers=tuple(drivers))
        result: FileResult = decode(FileResult, entry.result)
    except (Mismatch, TypeError, ValueError):
        return None
    return result


def _context() -> str:
    """The digest of what all results depend on: this tool, this Python, the working directory, installed extensions. It
    holds the time stamps of this installation, which a stranger does not know."""
    said = [__version__, sys.version, os.getcwd(), *_stamps_below(_PACKAGE)]
    for rule in plugin_rules():
        path = getattr(rule, "__file__", None)
        said.append(f"{path} {stamp_of(path, time.time_ns()) if path else None}")
    return blake2b("\n".join(said).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _stamps_below(folder: Path) -> Iterable[str]:
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            status = os.stat(os.path.join(path, name))
            yield f"{name} {status.st_mtime_ns} {status.st_size}"


@lru_cache(maxsize=256)
def _digest(settings: Settings, effort: Effort) -> str:
    """The digest of all that the user said about a file, the model files that it names included."""
    said = [repr(replace(settings, output_format="text", jobs="auto", fail_on="error", baseline=None)), effort.value]
    for model in settings.models:
        path = os.path.join(settings.root or os.getcwd(), model)
        try:
            said.append(Path(path).read_text("utf-8", "replace"))
        except OSError:
            said.append("")
    return blake2b("\n".join(said).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
