"""The path of a leak goes through the functions, and the files, that acquired for the one that leaks."""

from __future__ import annotations

import os
import subprocess
import sys
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


PAIR = """\
import psycopg2


def opened():
    return psycopg2.connect("x"), settings


def work():
    conn, found = opened()
    conn.cursor().execute("x")
"""


def test_a_connection_in_a_tuple_is_called_as_its_item(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(PAIR, "utf-8")
    (finding,) = check_paths([tmp_path / "work.py"], settings=Settings(root=str(tmp_path))).findings
    assert finding.resource is not None
    assert finding.resource.variable == "conn"
    assert "put `conn.close()` into the `finally`" in finding.help
    assert finding.trace[-1].message == "`work` ends with `conn` held"


UNSET = """\
import psycopg2


def work():
    conn = psycopg2.connect("x")
    try:
        cur = conn.cursor()
    finally:
        if cur:
            cur.close()
        conn.close()
"""


def test_a_variable_without_a_value(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(UNSET, "utf-8")
    (finding,) = check_paths([tmp_path / "work.py"], settings=Settings(root=str(tmp_path))).findings
    assert finding.message.endswith("is not released if `conn.cursor()` raises")
    assert [(step.span.line, step.message) for step in finding.trace] == [
        (5, "acquired here"),
        (7, "this call can raise"),
        (9, "`cur` has no value here, which raises"),
        (9, "the exception leaves `work` with `conn` held"),
    ]


MADE = """\
import psycopg2.pool

pool = psycopg2.pool.ThreadedConnectionPool(1, 5)


class Store:
    def __init__(self):
        self.open_reader()
        self.open_writer()
        self.open_clock()

    def open_reader(self):
        self.reader = pool.getconn()

    def open_writer(self):
        self.writer = pool.getconn()

    def open_clock(self):
        self.clock = pool.getconn()

    def close(self):
        pool.putconn(self.reader)
        pool.putconn(self.writer)
        pool.putconn(self.clock)


def main():
    store = Store()
    print(store)
"""


def test_the_order_of_sets_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "store.py").write_text(MADE, "utf-8")
    command = [sys.executable, "-m", "pgleak_lint", "check", "--output-format", "json", "--no-cache", "store.py"]
    reports = {
        subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": str(seed)}, capture_output=True, check=False
        ).stdout
        for seed in range(7)
    }
    assert len(reports) == 1
    assert b"PGL" in reports.pop()
