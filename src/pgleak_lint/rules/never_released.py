"""A connection or session that nothing ever gives back.

What it finds
    An acquire whose value is bound to a variable, and no path through the function releases it, returns it, stores it,
    or hands it to somebody who keeps it.

Why it matters
    Each call of the function takes one slot of the pool for ever. When the pool is empty every request waits, while the
    database looks healthy.

How to fix
    Use the form that releases by itself (``async with pool.acquire() as conn:``), or a ``try``/``finally`` around
    all that uses it.

Known limits
    A helper in another module that releases what it is given is not seen; a name that says so (``close_connection``)
    is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import leak_finding, subject

META = RuleMeta(
    code="PGL101",
    name="never-released",
    summary="no path releases or hands over the resource",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "nothing gives the connection back",
        """\
import asyncpg


async def count(pool: asyncpg.Pool) -> int:
    conn = await pool.acquire()  # finding
    return await conn.fetchval("select count(*) from users")
""",
    ),
    Bad(
        "a session that is only used",
        """\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

Session = sessionmaker(create_engine("postgresql://"))


def count() -> int:
    session = Session()  # finding
    return len(session.execute(text("select 1")).all())
""",
    ),
    Good(
        "the context manager gives it back",
        """\
import asyncpg


async def count(pool: asyncpg.Pool) -> int:
    async with pool.acquire() as conn:
        return await conn.fetchval("select count(*) from users")
""",
    ),
    Good(
        "ownership goes to the caller",
        """\
import psycopg2


def connect(dsn: str):
    conn = psycopg2.connect(dsn)
    return conn
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.NEVER_RELEASED:
            yield leak_finding(META, leak, f"{subject(leak.site)} is never released")
