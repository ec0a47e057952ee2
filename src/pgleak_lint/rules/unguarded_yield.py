"""A context manager, or a framework's dependency, that releases only when nothing goes wrong in its ``with`` block.

What it finds
    A ``@contextmanager`` or ``@asynccontextmanager`` function, or a generator named in ``Depends(...)``, that yields while it
    holds the resource and releases after the ``yield`` without a ``finally``.

Why it matters
    An exception in the block is thrown in at the ``yield``: what stands behind it never runs.

How to fix
    ``try: yield conn`` with the release in ``finally``; or ``with`` around the ``yield``.

Known limits
    Dependencies are recognised where the module itself names them in ``Depends``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.facts import Facts, Fault
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import Bad, Good, RuleMeta
from pgleak_lint.rules.wording import clip, leak_finding, subject

META = RuleMeta(
    code="PGL110",
    name="unguarded-yield",
    summary="a context-manager function yields a held resource outside try/finally",
    severities=(
        Severity.WARNING,
        Severity.NOTE,
    ),
)

EXAMPLES: Sequence[Bad | Good] = (
    Bad(
        "the release stands behind the yield",
        """\
from contextlib import contextmanager

import psycopg2.pool


@contextmanager
def connection(pool: psycopg2.pool.ThreadedConnectionPool):
    conn = pool.getconn()  # finding
    yield conn
    pool.putconn(conn)
""",
    ),
    Bad(
        "a dependency of a web framework",
        """\
from fastapi import Depends, FastAPI
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker()
app = FastAPI()


def get_db():
    db = SessionLocal()  # finding
    yield db
    db.close()


@app.get("/users")
def users(db=Depends(get_db)):
    return db.query(1).all()
""",
    ),
    Good(
        "finally around the yield",
        """\
from contextlib import contextmanager

import psycopg2.pool


@contextmanager
def connection(pool: psycopg2.pool.ThreadedConnectionPool):
    conn = pool.getconn()
    try:
        yield conn
    finally:
        pool.putconn(conn)
""",
    ),
    Good(
        "a fixture always goes on behind its yield",
        """\
import psycopg2
import pytest


@pytest.fixture
def conn():
    conn = psycopg2.connect("dbname=test")
    yield conn
    conn.close()
""",
    ),
)


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each acquire site with this fault."""
    for leak in facts.leaks:
        if leak.fault is Fault.UNGUARDED_YIELD:
            yield leak_finding(
                META,
                leak,
                f"{subject(leak.site)} is not released if the `with` block around `{clip(leak.site.function)}()` raises",
            )
