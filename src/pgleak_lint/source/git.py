"""Asks git. Nothing is fetched, no program of the repository's settings is started, nothing is written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_SETTINGS = ("-c", "core.quotePath=false", "-c", "core.fsmonitor=false")


class GitError(Exception):
    """git could not answer: why, in a few words."""


def git(folder: Path, *words: str) -> bytes:
    """What git prints. Raises `GitError`."""
    command = ["git", *_SETTINGS, "-C", os.fspath(folder), *words]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env={**os.environ, **_ENVIRONMENT}, check=False
        )
    except OSError:
        raise GitError("git is not installed") from None
    if done.returncode:
        if b"not a git repository" in done.stderr:
            raise GitError("not a git repository")
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(told[0].removeprefix("fatal: ") if told else f"git {words[0]} failed")
    return done.stdout
