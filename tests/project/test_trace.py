"""The path of a leak goes through the functions, and the files, that acquired for the one that leaks."""

from __future__ import annotations

from pathlib import Path

from pgleak_lint import Settings, check_paths

FILES = {
    "db.py": """\
import psycopg2.pool

pool = psycopg2.pool.ThreadedConnectionPool(1, 5)


def take():
    return pool.getconn()
""",
    "deps.py": """\
from app.db import take


def connection():
    conn = take()
    conn.autocommit = True
    return conn
""",
    "users.py": """\
from app.deps import connection


def name_of(user):
    conn = connection()
    return conn.cursor().fetchone()
""",
}


def test_steps(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    for name, code in FILES.items():
        (tmp_path / "app" / name).write_text(code, "utf-8")
    report = check_paths([tmp_path / "app" / "users.py"], settings=Settings(root=str(tmp_path)))
    (finding,) = report.findings
    steps = [(step.kind.value, Path(step.path).name, step.span.line, step.message) for step in finding.trace]
    assert steps == [
        ("acquire", "users.py", 5, "acquired here, by `connection`"),
        ("call", "deps.py", 5, "`connection` gets it here"),
        ("call", "db.py", 7, "`take` acquires it here"),
        ("exit", "users.py", 6, "returns with `conn` held"),
    ]
