"""A connection or session that a cancelled task or a closed generator leaves behind.

What it finds
    Ordinary paths and exceptions are covered, but ``asyncio.CancelledError`` and ``GeneratorExit`` are no subclasses of
    ``Exception``: a handler for ``Exception`` does not see them.

Why it matters
    A client that disconnects, or a timeout, cancels the task. Each one costs a slot.

How to fix
    Release in a ``finally``, not in ``except Exception``.

Known limits
    ``KeyboardInterrupt`` is out of scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, leak_finding, subject

META = RuleMeta(
    code="PGL104",
    name="leak-on-cancellation",
    summary="only cancellation or generator close passes the release",
    severities=(
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "cancellation is no Exception",
        """\
import asyncpg


async def ping(pool: asyncpg.Pool) -> None:
    conn = await pool.acquire()  # finding
    try:
        await conn.execute("select 1")
    except Exception:
        await pool.release(conn)
        raise
    await pool.release(conn)
""",
    ),
    Bad(
        "a consumer that stops early closes the generator",
        """\
import psycopg2.pool


def numbers(pool: psycopg2.pool.ThreadedConnectionPool):
    conn = pool.getconn()  # finding
    for number in (1, 2, 3):
        yield number
    pool.putconn(conn)
""",
    ),
    Good(
        "finally sees everything",
        """\
import asyncpg


async def ping(pool: asyncpg.Pool) -> None:
    conn = await pool.acquire()
    try:
        await conn.execute("select 1")
    finally:
        await pool.release(conn)
""",
    ),
    Good(
        "a bare handler sees everything, too",
        """\
import aiosqlite


async def ping(path: str) -> None:
    db = await aiosqlite.connect(path)
    try:
        await db.execute("select 1")
    except BaseException:
        await db.close()
        raise
    await db.close()
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.LEAK_ON_CANCELLATION:
            closes = leak.exits[0] == "generator-close"
            what = "the generator is closed" if closes else "the task is cancelled"
            yield leak_finding(META, leak, f"{subject(leak.site)} is not released if {what} at `{clip(leak.cause)}`")
