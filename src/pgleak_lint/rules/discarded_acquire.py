"""A connection or session that never gets a name.

What it finds
    A chain like ``pool.getconn().cursor()``, or an acquire whose value is thrown away.

Why it matters
    There is nothing left to call the release with.

How to fix
    Bind it in a ``with`` statement, or to a variable that a ``finally`` releases.

Known limits
    A value that is handed to a constructor, or to a function whose result is kept, counts as handed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import leak_finding, subject

META = RuleMeta(
    code="PGL106",
    name="discarded-acquire",
    summary="the acquired value is never bound: nobody can release it",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "the chain throws the connection away",
        """\
import psycopg2.pool


def ping(pool: psycopg2.pool.ThreadedConnectionPool) -> None:
    pool.getconn().cursor().execute("select 1")  # finding
""",
    ),
    Bad(
        "a file that stays open until the garbage collector comes by",
        """\
import sqlite3


def count(path: str) -> int:
    return sqlite3.connect(path).execute("select count(*) from t").fetchone()[0]  # finding
""",
    ),
    Good(
        "bound, used, given back",
        """\
import psycopg2.pool


def ping(pool: psycopg2.pool.ThreadedConnectionPool) -> None:
    conn = pool.getconn()
    try:
        conn.cursor().execute("select 1")
    finally:
        pool.putconn(conn)
""",
    ),
    Good(
        "a query of the pool itself takes nothing that is owed",
        """\
import asyncpg


async def count(pool: asyncpg.Pool) -> int:
    return await pool.fetchval("select count(*) from t")
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.DISCARDED_ACQUIRE:
            yield leak_finding(META, leak, f"{subject(leak.site)} is never bound to a name, so nothing can release it")
