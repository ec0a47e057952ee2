"""A ``with`` block that looks as if it closed the connection.

What it finds
    ``with conn:`` of drivers whose connection, as a context manager, commits or rolls back and stays open (psycopg2,
    sqlite3), and nothing else that releases it.

Why it matters
    It is the most widespread misreading of these drivers: the block ends, the connection does not.

How to fix
    ``with contextlib.closing(connect(...)) as conn, conn:`` closes as well; for a pool, give it back in a ``finally``.

Known limits
    For plain connections CPython closes what the last reference leaves; the finding is a warning then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import leak_finding, subject

META = RuleMeta(
    code="PGL108",
    name="with-does-not-release",
    summary="the connection's context manager ends the transaction only",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "the file stays open",
        """\
import sqlite3


def count(path: str) -> int:
    with sqlite3.connect(path) as db:  # finding
        return db.execute("select count(*) from t").fetchone()[0]
""",
    ),
    Bad(
        "the slot stays taken",
        """\
import psycopg2.pool


def ping(pool: psycopg2.pool.ThreadedConnectionPool) -> None:
    with pool.getconn() as conn:  # finding
        conn.cursor().execute("select 1")
""",
    ),
    Good(
        "closing closes, the inner with commits",
        """\
import sqlite3
from contextlib import closing


def add(path: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("insert into t values (1)")
""",
    ),
    Good(
        "psycopg 3 does close",
        """\
import psycopg


def add(dsn: str) -> None:
    with psycopg.connect(dsn) as conn:
        conn.execute("insert into t values (1)")
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.WITH_DOES_NOT_RELEASE:
            yield leak_finding(
                META, leak, f"{subject(leak.site)} is not released by `with`, which only ends the transaction"
            )
