"""psqlpy."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


async def _run(value: Any, statement: str) -> Any:
    result = (await value.execute(statement)).result()
    return next(iter(result[0].values())) if result else None


_TAKEN: list[Any] = []


async def _pool(db: Database) -> Any:
    """A pool can't be smaller than two: one connection is taken for good."""
    import psqlpy

    pool = psqlpy.ConnectionPool(dsn=db.url, max_db_pool_size=2)
    _TAKEN.append(await pool.connection())
    return pool


def _finish(owner: Any) -> None:
    while _TAKEN:
        _TAKEN.pop().close()
    owner.close()


RIG = Rig(
    database="postgresql",
    arguments={"psqlpy.connect": lambda db: call(dsn=db.url), "psqlpy.connect_pool": lambda db: call(dsn=db.url)},
    owners={"psqlpy.ConnectionPool": _pool},
    finish=_finish,
    run=_run,
    begin="begin",
    unproven={
        "psqlpy.ConnectionPool max_db_pool_size": "the signature says None; the default of 2 is set in Rust",
    },
)
