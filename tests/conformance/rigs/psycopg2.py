"""psycopg2 and psycopg2.pool."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


def _pool(db: Database) -> Any:
    from psycopg2.pool import ThreadedConnectionPool

    return ThreadedConnectionPool(1, 1, db.url)


RIG = Rig(
    database="postgresql",
    arguments={
        "psycopg2.connect": lambda db: call(db.url),
        "psycopg2.pool.AbstractConnectionPool": lambda db: call(1, 1, db.url),
    },
    owners={"psycopg2.pool.AbstractConnectionPool": _pool},
    finish=lambda owner: owner.closeall(),
)
