"""How bad a leak is: by what is leaked, on which path, and whether anything is held there."""

from __future__ import annotations

import textwrap

import pytest

from pgleak_lint import check_source

HEAD = "from sqlalchemy.orm import sessionmaker\nimport psycopg2, psycopg2.pool\n"
CASES = {
    "a pooled connection": (
        "error",
        "pool: psycopg2.pool.ThreadedConnectionPool",
        "conn = pool.getconn()\nconn.cursor()",
    ),
    "only when an exception passes": (
        "warning",
        "pool: psycopg2.pool.ThreadedConnectionPool",
        "conn = pool.getconn()\nconn.cursor()\npool.putconn(conn)",
    ),
    "a connection that is closed when it is collected": (
        "warning",
        "dsn",
        "conn = psycopg2.connect(dsn)\nconn.cursor()",
    ),
    "a session that asked something": ("warning", "make: sessionmaker", "session = make()\nsession.execute('x')"),
    "a session that committed": (
        "note",
        "make: sessionmaker",
        "session = make()\nsession.execute('x')\nsession.commit()",
    ),
    "a session behind its transaction": (
        "note",
        "make: sessionmaker",
        "session = make()\nwith session.begin():\n    session.execute('x')",
    ),
    "a session behind a transaction in its transaction": (
        "warning",
        "make: sessionmaker",
        "session = make()\nwith session.begin_nested():\n    session.execute('x')",
    ),
    "a session that asked again": (
        "warning",
        "make: sessionmaker",
        "session = make()\nwith session.begin():\n    session.execute('x')\nsession.execute('y')",
    ),
}


@pytest.mark.parametrize(("severity", "parameter", "body"), CASES.values(), ids=CASES)
def test_severity(severity: str, parameter: str, body: str) -> None:
    text = f"{HEAD}\n\ndef work({parameter}):\n{textwrap.indent(body, '    ')}\n"
    assert [finding.severity.value for finding in check_source(text).findings] == [severity]
