"""DBUtils, over psycopg2."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


def _pool(db: Database) -> Any:
    import psycopg2
    from dbutils.pooled_db import PooledDB

    return PooledDB(psycopg2, maxconnections=1, dsn=db.url)


RIG = Rig(
    database="postgresql",
    arguments={
        "dbutils.pooled_db.PooledDB": lambda db: call(__import__("psycopg2"), maxconnections=1, dsn=db.url),
        "dbutils.steady_db.connect": lambda db: call(__import__("psycopg2"), dsn=db.url),
    },
    owners={"dbutils.pooled_db.PooledDB": _pool},
    finish=lambda owner: owner.close(),
)
