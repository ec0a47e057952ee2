"""Views made by hand, and the golden files they are compared with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pgleak_lint.findings.finding import Diagnostic, Finding
from pgleak_lint.report.view import View

GOLDEN = Path(__file__).parent / "golden"

USERS = """\
from app.db import pool


async def user_name(user_id):
    conn = await pool.acquire()
    row = await conn.fetchrow("select name from users where id = $1", user_id)
    if row is None:
        return None
    await pool.release(conn)
    return row["name"]
"""


def view(
    findings: Sequence[Finding] = (),
    diagnostics: Sequence[Diagnostic] = (),
    *,
    files: Mapping[str, str] | None = None,
    **more: Any,
) -> View:
    """A view of some findings in some files."""
    texts = {"app/users.py": USERS} if files is None else files
    told: dict[str, Any] = {
        "suppressed": (),
        "files_checked": 214,
        "files_not_checked": 0,
        "acquire_sites": 38,
        "unrecognised": (),
        "exit_code": 1 if findings else 0,
        "version": "1.0.0",
        "base_dir": ".",
        "lines_of": lambda path: texts.get(path, "").split("\n"),
        "shown_path": lambda path: path,
    }
    return View(findings=findings, diagnostics=diagnostics, **(told | more))


def check_golden(name: str, text: str) -> None:
    """Compare with ``golden/name``. With PGLEAK_UPDATE_GOLDEN=1 the file is written instead: then read its diff."""
    path = GOLDEN / name
    if os.environ.get("PGLEAK_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")
