"""``check --watch``: check again whenever a file changes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pgleak_lint.cli.errors import tell
from pgleak_lint.pipeline.project import forget_projects

PAUSE = 0.3
"""Seconds between two looks at the files."""
_SETTINGS = ("pyproject.toml", "pgleak-lint.toml", ".pgleak-lint.toml")
_SKIPPED = frozenset(
    {".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache", ".ruff_cache"}
)

Snapshot = dict[str, tuple[int, int]]


def watch(paths: Sequence[str], check: Callable[[], tuple[int, int]]) -> None:
    """Call ``check``, which gives the numbers of files and of findings, at once and after each change, until interrupted."""
    seen: Snapshot | None = None
    while True:
        now = snapshot(paths)
        if now != seen:
            seen = now
            if sys.stdout.isatty():
                sys.stdout.write("\x1b[2J\x1b[H")
            forget_projects()
            began = time.monotonic()
            files, findings = check()
            took = time.monotonic() - began
            shown = "1 finding" if findings == 1 else f"{findings} findings"
            tell(f"checked {files} file{'' if files == 1 else 's'} in {took:.1f} s; {shown}; waiting")
        time.sleep(PAUSE)


def snapshot(paths: Sequence[str]) -> Snapshot:
    """Time of change and size of every Python and settings file at and below the paths, and of the settings above."""
    found: Snapshot = {}
    here = Path.cwd()
    above = [os.path.join(folder, name) for folder in (here, *here.parents) for name in _SETTINGS]
    for file in (*above, *(file for path in paths for file in _files(path))):
        try:
            status = os.stat(file)
        except OSError:
            continue
        found[file] = (status.st_mtime_ns, status.st_size)
    return found


def _files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in names:
            if name.endswith((".py", ".pyw")) or name in _SETTINGS:
                yield os.path.join(folder, name)
