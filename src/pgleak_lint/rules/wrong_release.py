"""A release that loses the slot.

What it finds
    ``close()`` on a connection of a pool whose slot only ``putconn()`` gives back.

Why it matters
    The socket is closed, so the database looks fine, and the pool counts the slot as taken for ever.

How to fix
    Call the pool's own release.

Known limits
    Options that change what ``close()`` does (psycopg_pool's ``close_returns``) are not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, leak_finding, subject

META = RuleMeta(
    code="PGL109",
    name="wrong-release",
    summary="released by a call that does not give it back",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "close keeps the slot",
        """\
import psycopg2.pool


def ping(pool: psycopg2.pool.ThreadedConnectionPool) -> None:
    conn = pool.getconn()  # finding
    try:
        conn.cursor().execute("select 1")
    finally:
        conn.close()
""",
    ),
    Bad(
        "closing() only closes",
        """\
from contextlib import closing

import psycopg_pool


def ping(pool: psycopg_pool.ConnectionPool) -> None:
    with closing(pool.getconn()) as conn:  # finding
        conn.execute("select 1")
""",
    ),
    Good(
        "the pool gets it back",
        """\
import psycopg_pool


def ping(pool: psycopg_pool.ConnectionPool) -> None:
    with pool.connection() as conn:
        conn.execute("select 1")
""",
    ),
    Good(
        "an engine's connection does go back by close",
        """\
from sqlalchemy import Engine, text


def ping(engine: Engine) -> None:
    conn = engine.connect()
    try:
        conn.execute(text("select 1"))
    finally:
        conn.close()
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.WRONG_RELEASE:
            yield leak_finding(META, leak, f"{subject(leak.site)} is not given back by `{clip(leak.cause)}`")
