"""A connection or session that one ordinary path forgets.

What it finds
    An early ``return``, a branch, a ``break`` or ``continue``, or an exception that is caught and swallowed, after which
    the function goes on or ends with the resource still held, while other paths release it.

Why it matters
    The path that forgets is the rare one, so tests pass. In production each passage costs one slot for ever.

How to fix
    Put the release where every path passes: a ``with`` block or a ``finally``.

Known limits
    Tests that are correlated through values which the analysis does not follow (arithmetic, calls) count as independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import leak_finding, outcome_text, subject

META = RuleMeta(
    code="PGL102",
    name="leak-on-path",
    summary="some ordinary path leaves without releasing the resource",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "the early return forgets",
        """\
import asyncpg


async def name_of(pool: asyncpg.Pool, user: int):
    conn = await pool.acquire()  # finding
    row = await conn.fetchrow("select name from users where id = $1", user)
    if row is None:
        return None
    await pool.release(conn)
    return row["name"]
""",
    ),
    Bad(
        "the handler swallows the exception and forgets",
        """\
import logging

import psycopg2.pool

log = logging.getLogger(__name__)


def save(pool: psycopg2.pool.ThreadedConnectionPool, row) -> None:
    conn = pool.getconn()  # finding
    try:
        conn.cursor().execute("insert into t values (%s)", row)
        pool.putconn(conn)
    except psycopg2.Error:
        log.exception("failed")
""",
    ),
    Good(
        "finally covers the early return",
        """\
import asyncpg


async def name_of(pool: asyncpg.Pool, user: int):
    conn = await pool.acquire()
    try:
        row = await conn.fetchrow("select name from users where id = $1", user)
        if row is None:
            return None
        return row["name"]
    finally:
        await pool.release(conn)
""",
    ),
    Good(
        "each branch closes what it opened",
        """\
import sqlite3


def value(path: str, key: str):
    db = sqlite3.connect(path)
    try:
        row = db.execute("select value from t where key = ?", (key,)).fetchone()
    finally:
        db.close()
    return None if row is None else row[0]
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.LEAK_ON_PATH:
            yield leak_finding(META, leak, f"{subject(leak.site)} is not released {outcome_text(leak)}")
