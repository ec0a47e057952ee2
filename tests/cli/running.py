"""Runs the command line as a user does: in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"

LEAK = """\
import asyncpg


async def name_of(pool: asyncpg.Pool, user: int):
    conn = await pool.acquire()
    row = await conn.fetchrow("select 1", user)
    if row is None:
        return None
    await pool.release(conn)
    return row
"""
LEAK_LINE = "5:18: PGL102 connection from `pool` is not released when `row is None`"


@dataclass(frozen=True)
class Run:
    """What a run said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PGLEAK_", "FORCE_COLOR"))}
    return {**kept, "PYTHONPATH": str(SOURCE), "PYTHONIOENCODING": "utf-8", **more}


def hear_interrupts() -> None:
    """For ``preexec_fn``: shells start background jobs so that they ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def lint(folder: Path, *words: str, stdin: bytes = b"", **more: str) -> Run:
    """``pgleak-lint WORDS`` in a folder; never a traceback."""
    command = [sys.executable, "-m", "pgleak_lint", *words]
    done = subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, env=environment(**more), timeout=120, check=False
    )
    run = Run(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in run.err, run.err
    return run


def concise(folder: Path, *words: str, stdin: bytes = b"") -> Run:
    """``check --output-format concise`` of the whole folder, or of what the words say."""
    return lint(folder, "check", "--output-format", "concise", *(words or (".",)), stdin=stdin)
