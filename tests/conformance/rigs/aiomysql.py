"""aiomysql."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


def _keywords(db: Database) -> dict[str, Any]:
    return {"host": db.host, "port": db.port, "user": db.user, "password": db.password, "db": db.name}


def _pool(db: Database) -> Any:
    import aiomysql

    return aiomysql.create_pool(minsize=1, maxsize=1, **_keywords(db))


RIG = Rig(
    database="mariadb",
    arguments={
        "aiomysql.connect": lambda db: call(**_keywords(db)),
        "aiomysql.create_pool": lambda db: call(minsize=1, maxsize=1, **_keywords(db)),
    },
    owners={"aiomysql.pool.Pool": _pool},
    finish=lambda owner: owner.terminate(),
)
