"""The README's picture: the tool's own output on an example, as SVG. ``python scripts/picture.py`` writes docs/images/finding.svg."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = """\
import asyncpg

pool: asyncpg.Pool


async def user_name(user_id):
    conn = await pool.acquire()
    row = await conn.fetchrow("select name from users where id = $1", user_id)
    if row is None:
        return None
    await pool.release(conn)
    return row["name"]
"""


def output() -> str:
    """What a terminal shows."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "app").mkdir()
        (Path(folder) / "app" / "users.py").write_text(EXAMPLE)
        command = [sys.executable, "-m", "pgleak_lint", "check", "--isolated", "--color", "always", "app"]
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)
        return f"$ pgleak-lint check app\n{done.stdout}"


def picture() -> str:
    """The output as SVG."""
    console = Console(record=True, width=106, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(output()))
    return console.export_svg(title="pgleak-lint", unique_id="pgleak")


if __name__ == "__main__":
    (ROOT / "docs" / "images" / "finding.svg").write_text(picture(), encoding="utf-8")
