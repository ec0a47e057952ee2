"""A release that is called and never awaited.

What it finds
    ``pool.release(conn)`` or ``conn.close()`` without ``await``, for drivers where it is a coroutine: the call only makes
    the coroutine, and nothing happens.

Why it matters
    It reads like a release. Python's only hint is a "never awaited" warning at some later time.

How to fix
    ``await`` it.

Known limits
    A coroutine that is handed to anything (``create_task``, ``gather``, ``shield``) counts as run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, leak_finding, subject

META = RuleMeta(
    code="PGL107",
    name="unawaited-release",
    summary="the release is a coroutine, and nothing ever runs it",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "the coroutine is made and forgotten",
        """\
import asyncpg


async def ping(pool: asyncpg.Pool) -> None:
    conn = await pool.acquire()  # finding
    try:
        await conn.execute("select 1")
    finally:
        pool.release(conn)
""",
    ),
    Bad(
        "an async session is closed by a coroutine, too",
        """\
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession


async def ping(engine: AsyncEngine) -> None:
    session = AsyncSession(engine)  # finding
    try:
        await session.execute(text("select 1"))
    finally:
        session.close()
""",
    ),
    Good(
        "awaited, also through shield",
        """\
import asyncio

import asyncpg


async def ping(pool: asyncpg.Pool) -> None:
    conn = await pool.acquire()
    try:
        await conn.execute("select 1")
    finally:
        await asyncio.shield(pool.release(conn))
""",
    ),
    Good(
        "`terminate` is a plain function",
        """\
import asyncpg


async def ping(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute("select 1")
    finally:
        conn.terminate()
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.UNAWAITED_RELEASE:
            yield leak_finding(META, leak, f"{subject(leak.site)} is not released: `{clip(leak.cause)}` is not awaited")
