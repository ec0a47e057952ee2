"""A connection that is given back twice.

What it finds
    A path on which a release follows a release of the same connection, for example in a handler and again in ``finally``.

Why it matters
    By driver: nothing, an exception that hides the first one, or one connection in the hands of two holders.

How to fix
    Release in one place, the ``finally``.

Known limits
    A release that may have raised does not count as the first one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, MisuseKind
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, misuse_finding, subject

META = RuleMeta(
    code="PGL201",
    name="double-release",
    summary="a second release on some path",
    severities=(
        Severity.ERROR,
        Severity.WARNING,
        Severity.NOTE,
    ),
    cwe=1341,
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "the handler releases, and finally does it again",
        """\
import psycopg2.pool


def save(pool: psycopg2.pool.ThreadedConnectionPool, row) -> None:
    conn = pool.getconn()
    try:
        conn.cursor().execute("insert into t values (%s)", row)
    except psycopg2.Error:
        pool.putconn(conn)
        raise
    finally:
        pool.putconn(conn)  # finding
""",
    ),
    Bad(
        "closed in the handler and once more behind it: harmless here, a note",
        """\
import sqlite3


def save(path: str, row) -> None:
    db = sqlite3.connect(path)
    try:
        db.execute("insert into t values (?)", row)
    finally:
        db.close()
    db.close()  # finding
""",
    ),
    Good(
        "one release",
        """\
import psycopg2.pool


def save(pool: psycopg2.pool.ThreadedConnectionPool, row) -> None:
    conn = pool.getconn()
    try:
        conn.cursor().execute("insert into t values (%s)", row)
    except psycopg2.Error:
        conn.rollback()
        raise
    finally:
        pool.putconn(conn)
""",
    ),
)

_HELP = "release in one place only, the `finally`"


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each such call."""
    for misuse in facts.misuses:
        if misuse.kind is MisuseKind.DOUBLE_RELEASE:
            message = f"{subject(misuse.site)} is released again by `{clip(misuse.expression)}`"
            yield misuse_finding(META, misuse, message, _HELP)
