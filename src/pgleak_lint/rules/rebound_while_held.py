"""A connection or session whose only name is bound to something else while it is held.

What it finds
    ``conn`` is assigned again before what it held was released, most often by a loop that acquires the next one first.

Why it matters
    From then on nobody can release the first one.

How to fix
    Release before the name is bound again; in a loop, acquire and release within one turn, with ``with``.

Known limits
    A second name (``other = conn``) keeps it reachable, and then this is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, leak_finding, subject

META = RuleMeta(
    code="PGL105",
    name="rebound-while-held",
    summary="the only name of a held resource is assigned again",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "each turn of the loop forgets the one before",
        """\
import psycopg2.pool


def ping(pool: psycopg2.pool.ThreadedConnectionPool, names) -> None:
    for name in names:
        conn = pool.getconn()  # finding
        print(name, conn)
    pool.putconn(conn)
""",
    ),
    Bad(
        "the retry forgets the connection that failed",
        """\
import psycopg


def first(dsn: str) -> None:
    conn = psycopg.connect(dsn)  # finding
    conn = psycopg.connect(dsn)
    conn.close()
""",
    ),
    Good(
        "each turn gives its own back",
        """\
import psycopg2.pool


def ping(pool: psycopg2.pool.ThreadedConnectionPool, names) -> None:
    for name in names:
        conn = pool.getconn()
        try:
            conn.cursor().execute("select %s", (name,))
        finally:
            pool.putconn(conn)
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.REBOUND_WHILE_HELD:
            yield leak_finding(
                META, leak, f"{subject(leak.site)} is lost when `{clip(leak.cause)}` is bound again while it is held"
            )
