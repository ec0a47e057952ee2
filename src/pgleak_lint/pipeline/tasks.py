"""What is to be done: one task a file, with the settings that hold for just this file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pgleak_lint._record import record
from pgleak_lint.config.settings import Settings
from pgleak_lint.findings.selection import ignored_in_file
from pgleak_lint.pipeline.check_file import unchecked
from pgleak_lint.pipeline.effort import Effort
from pgleak_lint.pipeline.result import FileResult
from pgleak_lint.source.discovery import Found, is_excluded, relative_to, slashed
from pgleak_lint.source.document import Fault

PARSED_ANYWAY = 200
"""In runs of more files, those that can't hold an acquire are not parsed, and of the others neither the functions that can't: then nobody
hears of their syntax errors, unless ``strict`` asks for it."""


@record
class Task:
    """One file to check. ``path`` is where it is, ``shown`` how findings name it; ``text`` stands for it if given.
    ``effort``: how much is done where nothing can be acquired."""

    path: str
    shown: str
    settings: Settings
    text: bytes | None = None
    effort: Effort = Effort.SYNTAX


def task_for(path: str, settings: Settings) -> Task:
    """The task for a file: named as seen from the working directory, with the settings that hold for just this file."""
    return Task(path, shown_name(path), settings_here(path, settings))


def with_effort(tasks: Sequence[Task], *, everything: bool = False) -> list[Task]:
    """The tasks of one run with as much effort as so many files allow."""
    if everything:
        return [replace(task, effort=Effort.ALL) for task in tasks]
    if len(tasks) <= PARSED_ANYWAY:
        return list(tasks)
    return [task if task.settings.strict else replace(task, effort=Effort.NEEDED) for task in tasks]


def part_of(tasks: list[Task], part: tuple[int, int] | None) -> list[Task]:
    """The tasks of one part (from 1) of so many: neighbours stay together, and each task is in one part."""
    if part is None:
        return tasks
    number, parts = part
    return tasks[len(tasks) * (number - 1) // parts : len(tasks) * number // parts]


def shown_name(path: str) -> str:
    """The path as seen from the working directory; as given, if it is not below."""
    return slashed(relative_to(path, os.getcwd()) or path)


def shown_names(paths: Iterable[str]) -> frozenset[str]:
    """All of them as findings show them."""
    return frozenset(map(shown_name, paths))


def settings_here(path: str, settings: Settings) -> Settings:
    """The settings with ``per_file_ignores`` resolved. Globs are relative to the folder of the settings file."""
    if not settings.per_file_ignores:
        return settings
    ignored = ignored_in_file(path, settings.per_file_ignores, root=settings.root)
    return replace(settings, ignored_here=ignored, per_file_ignores=())


def is_left_out(task: Task, base: Settings) -> bool:
    """Whether settings that are nearer to the file than ``base``, those of the working directory, exclude it."""
    settings = task.settings
    if settings.extend_exclude == base.extend_exclude:
        return False
    return is_excluded(Path(task.path), settings.extend_exclude, Path(settings.root) if settings.root else None)


def unreadable_folders(found: Found, base: Settings) -> Iterator[FileResult]:
    """A result for each folder that could not be listed: nobody knows what lies in it."""
    fault = Fault("PGL905", "cannot read: permission denied; not checked")
    for folder in found.unreadable:
        task = task_for(folder, base)
        yield unchecked(task.shown, fault, task.settings)
