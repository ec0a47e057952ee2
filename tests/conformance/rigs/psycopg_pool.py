"""psycopg_pool."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call, settled
from tests.conformance.servers import Database


def _pool(db: Database) -> Any:
    from psycopg_pool import ConnectionPool

    pool = ConnectionPool(db.url, min_size=1, max_size=1, timeout=0.5, open=True)
    pool.wait(5)
    return pool


async def _async_pool(db: Database) -> Any:
    from psycopg_pool import AsyncConnectionPool

    pool = AsyncConnectionPool(db.url, min_size=1, max_size=1, timeout=0.5, open=False)
    await pool.open(wait=True, timeout=5)
    return pool


async def _finish(owner: Any) -> None:
    await settled(owner.close(0.5))


RIG = Rig(
    database="postgresql",
    arguments={
        "psycopg_pool.ConnectionPool": lambda db: call(db.url, min_size=1, max_size=1, open=True),
        "psycopg_pool.AsyncConnectionPool": lambda db: call(db.url, min_size=1, max_size=1, open=False),
    },
    owners={"psycopg_pool.ConnectionPool": _pool, "psycopg_pool.AsyncConnectionPool": _async_pool},
    finish=_finish,
)
