"""A connection that is used after it was given back.

What it finds
    A query on a released connection, and a query coroutine that leaves the ``async with`` block without being awaited.

Why it matters
    By driver: an exception, or a query on a connection that somebody else holds by now.

How to fix
    Await inside the block; use before the release.

Known limits
    Sessions that silently take a new connection are not reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, MisuseKind
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, misuse_finding, subject

META = RuleMeta(
    code="PGL202",
    name="use-after-release",
    summary="a query, cursor or transaction on a released resource",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
    cwe=672,
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "the coroutine runs when the connection is gone",
        """\
import asyncpg


async def users(pool: asyncpg.Pool):
    async with pool.acquire() as conn:
        return conn.fetch("select * from users")  # finding
""",
    ),
    Bad(
        "a cursor on a connection that somebody else may hold",
        """\
import psycopg2.pool


def ping(pool: psycopg2.pool.ThreadedConnectionPool) -> None:
    conn = pool.getconn()
    pool.putconn(conn)
    conn.cursor()  # finding
""",
    ),
    Bad(
        "the block has closed it",
        """\
from sqlalchemy import Engine, text


def count(engine: Engine) -> int:
    with engine.connect() as conn:
        conn.execute(text("select 1"))
    return conn.execute(text("select count(*) from t")).scalar_one()  # finding
""",
    ),
    Good(
        "awaited inside the block",
        """\
import asyncpg


async def users(pool: asyncpg.Pool):
    async with pool.acquire() as conn:
        return await conn.fetch("select * from users")
""",
    ),
)

_HELP = "use it before the release; await a query inside the block that holds the connection"


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each such call."""
    for misuse in facts.misuses:
        if misuse.kind is MisuseKind.USE_AFTER_RELEASE:
            message = f"{subject(misuse.site)} is used by `{clip(misuse.expression)}` after its release"
            yield misuse_finding(META, misuse, message, _HELP)
