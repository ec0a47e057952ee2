"""aioodbc, over psqlODBC."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.rigs.pyodbc import dsn
from tests.conformance.servers import Database


def _pool(db: Database) -> Any:
    import aioodbc

    return aioodbc.create_pool(dsn=dsn(db), minsize=1, maxsize=1)


async def _finish(owner: Any) -> None:
    owner.close()


RIG = Rig(
    database="postgresql",
    arguments={
        "aioodbc.connect": lambda db: call(dsn=dsn(db)),
        "aioodbc.create_pool": lambda db: call(dsn=dsn(db), minsize=1, maxsize=1),
    },
    owners={"aioodbc.pool.Pool": _pool},
    finish=_finish,
)
