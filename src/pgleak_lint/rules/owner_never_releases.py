"""An object keeps a connection in an attribute, and no method of its class ever releases it.

What it finds
    A method acquires a connection or session and stores it in an attribute of its object; no method of the class, of its
    base classes or of its subclasses releases the attribute, returns it, or passes it on, and nobody else in the module
    reads it.

Why it matters
    Whoever uses the class has no way to give the connection back. Each object takes one for as long as it lives, and one
    from a pool for ever.

How to fix
    Give the class a ``close()`` (or ``__exit__``) that releases the attribute, and call it; or acquire where the connection is
    used instead of keeping it.

Known limits
    An attribute that code in another module releases directly (``obj._conn.close()``) is not seen. A class with a base
    class from elsewhere is never reported: the base may release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, leak_finding, subject

META = RuleMeta(
    code="PGL111",
    name="owner-never-releases",
    summary="an object keeps the resource in an attribute and no method of its class releases it",
    severities=(Severity.ERROR, Severity.WARNING),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "a repository that can't be closed",
        """\
import psycopg2.pool


class Users:
    def __init__(self, pool: psycopg2.pool.ThreadedConnectionPool) -> None:
        self._conn = pool.getconn()  # finding

    def count(self) -> int:
        cursor = self._conn.cursor()
        cursor.execute("select count(*) from users")
        return cursor.fetchone()[0]
""",
    ),
    Bad(
        "started, and never stopped",
        """\
import asyncpg


class Listener:
    async def start(self, dsn: str) -> None:
        self._conn = await asyncpg.connect(dsn)  # finding
        await self._conn.execute("listen jobs")
""",
    ),
    Good(
        "a method gives it back",
        """\
import psycopg2.pool


class Users:
    def __init__(self, pool: psycopg2.pool.ThreadedConnectionPool) -> None:
        self._pool = pool
        self._conn = pool.getconn()

    def close(self) -> None:
        self._pool.putconn(self._conn)
""",
    ),
    Good(
        "a base class gives it back",
        """\
import sqlite3


class Closing:
    def __exit__(self, *error) -> None:
        self._conn.close()


class Users(Closing):
    def __init__(self, path: str) -> None:
        self._conn = sqlite3.connect(path)
""",
    ),
)

_HELP = "give the class a method that releases it, and call that"


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.OWNER_NEVER_RELEASES:
            message = f"{subject(leak.site)} is kept in `{clip(leak.cause)}`, and nothing releases it"
            yield leak_finding(META, leak, message, help_text=_HELP)
