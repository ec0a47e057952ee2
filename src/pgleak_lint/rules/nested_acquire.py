"""A second connection from the same pool while one is held.

What it finds
    An acquire, or a query of the pool itself, while a connection of that pool is checked out: in the same function, or in
    a function that it calls, in any module of the project.

Why it matters
    As many requests as the pool has connections can each hold one and wait for the second. Then nobody goes on: the pool
    waits for itself, until a timeout if its driver has one, and for ever if it has not.

How to fix
    Use the connection that is held: pass it to the function that needs one.

Known limits
    A pool that is known by different names in both places is not seen as one. Left out are pools that give one task the same
    connection again, and pools that raise at once when they are empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, MisuseKind
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, misuse_finding, subject

META = RuleMeta(
    code="PGL203",
    name="nested-acquire",
    summary="a second acquire from the same pool while one is held: a full pool deadlocks",
    severities=(Severity.ERROR, Severity.WARNING),
    cwe=833,
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "the pool is asked while its connection is held",
        """\
import asyncpg


async def rename(pool: asyncpg.Pool, user: int, name: str) -> None:
    async with pool.acquire() as conn:
        taken = await pool.fetchval("select 1 from users where name = $1", name)  # finding
        if not taken:
            await conn.execute("update users set name = $1 where id = $2", name, user)
""",
    ),
    Bad(
        "a helper takes its own",
        """\
import psycopg_pool

pool = psycopg_pool.ConnectionPool("dbname=shop")


def name_of(user: int) -> str:
    with pool.connection() as conn:
        return conn.execute("select name from users where id = %s", (user,)).fetchone()[0]


def greet(user: int) -> None:
    with pool.connection() as conn:
        conn.execute("insert into greetings values (%s)", (name_of(user),))  # finding
""",
    ),
    Good(
        "the helper gets the connection",
        """\
import psycopg_pool

pool = psycopg_pool.ConnectionPool("dbname=shop")


def name_of(conn, user: int) -> str:
    return conn.execute("select name from users where id = %s", (user,)).fetchone()[0]


def greet(user: int) -> None:
    with pool.connection() as conn:
        conn.execute("insert into greetings values (%s)", (name_of(conn, user),))
""",
    ),
    Good(
        "another pool",
        """\
import asyncpg


async def copy(source: asyncpg.Pool, target: asyncpg.Pool) -> None:
    async with source.acquire() as conn, target.acquire() as other:
        for row in await conn.fetch("select n from t"):
            await other.execute("insert into t values ($1)", row["n"])
""",
    ),
)

_HELP = "use the connection that is held already, or give it back first"


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each such call."""
    for misuse in facts.misuses:
        if misuse.kind is MisuseKind.NESTED_ACQUIRE:
            message = f"`{clip(misuse.expression)}` takes another connection while the {subject(misuse.site)} is held"
            yield misuse_finding(META, misuse, message, _HELP)
