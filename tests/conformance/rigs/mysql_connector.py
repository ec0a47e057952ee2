"""mysql-connector-python and its pool."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


def _keywords(db: Database) -> dict[str, Any]:
    return {"host": db.host, "port": db.port, "user": db.user, "password": db.password, "database": db.name}


def _pool(db: Database) -> Any:
    from mysql.connector.pooling import MySQLConnectionPool

    return MySQLConnectionPool(pool_size=1, pool_name="probe", **_keywords(db))


RIG = Rig(
    database="mariadb",
    arguments={
        "mysql.connector.connect": lambda db: call(**_keywords(db)),
        "mysql.connector.pooling.MySQLConnectionPool": lambda db: call(pool_size=1, pool_name="probe", **_keywords(db)),
    },
    owners={"mysql.connector.pooling.MySQLConnectionPool": _pool},
    finish=lambda owner: owner._remove_connections(),
)
