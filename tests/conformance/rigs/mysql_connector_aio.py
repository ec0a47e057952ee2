"""mysql-connector-python's asyncio side."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


def _keywords(db: Database) -> dict[str, Any]:
    return {
        "host": db.host,
        "port": db.port,
        "user": db.user,
        "password": db.password,
        "database": db.name,
        "ssl_disabled": True,
    }


async def _pool(db: Database) -> Any:
    from mysql.connector.aio.pooling import MySQLConnectionPool

    pool = MySQLConnectionPool(pool_size=1, pool_name="probe", **_keywords(db))
    await pool.initialize_pool()
    return pool


RIG = Rig(
    database="mariadb",
    arguments={
        "mysql.connector.aio.connect": lambda db: call(**_keywords(db)),
        "mysql.connector.aio.pooling.MySQLConnectionPool": lambda db: call(
            pool_size=1, pool_name="probe", **_keywords(db)
        ),
    },
    owners={"mysql.connector.aio.pooling.MySQLConnectionPool": _pool},
    finish=lambda owner: owner.close_pool(),
)
