"""A connection or session that an exception leaves behind.

What it finds
    Every ordinary path releases the resource, but something between acquire and release can raise, and then nothing does:
    a call before the ``try``, or a statement in the ``finally`` before the release.

Why it matters
    Errors come in bursts: when the database or a peer fails, each failing request takes one more slot, and the pool is
    empty just when the service should recover.

How to fix
    Let the ``try`` begin right behind the acquire, and let the release be the first statement of the ``finally``; or use
    ``with``.

Known limits
    Calls on a list of known-safe ones (``len``, logging, …) do not count as raising; ``safe-calls`` adds more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, leak_finding, subject

META = RuleMeta(
    code="PGL103",
    name="leak-on-exception",
    summary="a call between acquire and release can raise past the release",
    severities=(
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "a call may raise before the try begins",
        """\
import json

import asyncpg


async def save(pool: asyncpg.Pool, payload: str) -> None:
    conn = await pool.acquire()  # finding
    body = json.loads(payload)
    try:
        await conn.execute("insert into events values ($1)", body)
    finally:
        await pool.release(conn)
""",
    ),
    Bad(
        "commit may raise before the release in the finally",
        """\
import psycopg2.pool


def save(pool: psycopg2.pool.ThreadedConnectionPool, row) -> None:
    conn = pool.getconn()  # finding
    try:
        conn.cursor().execute("insert into t values (%s)", row)
    finally:
        conn.commit()
        pool.putconn(conn)
""",
    ),
    Good(
        "nothing that may raise stands between acquire and try",
        """\
import logging

import psycopg2.pool

log = logging.getLogger(__name__)


def save(pool: psycopg2.pool.ThreadedConnectionPool, row) -> None:
    conn = pool.getconn()
    log.debug("got one")
    try:
        conn.cursor().execute("insert into t values (%s)", row)
        conn.commit()
    finally:
        pool.putconn(conn)
""",
    ),
    Good(
        "the release runs only for what was acquired",
        """\
import psycopg2.pool


def work(pool: psycopg2.pool.ThreadedConnectionPool) -> None:
    conn = None
    try:
        conn = pool.getconn()
        conn.cursor().execute("select 1")
    finally:
        if conn is not None:
            pool.putconn(conn)
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.LEAK_ON_EXCEPTION:
            yield leak_finding(META, leak, f"{subject(leak.site)} is not released if `{clip(leak.cause)}` raises")
