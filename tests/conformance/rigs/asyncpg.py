"""asyncpg."""

from __future__ import annotations

import functools
from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


async def _run(value: Any, statement: str) -> Any:
    return await value.fetchval(statement)


def _pool(db: Database, **more: Any) -> Any:
    import asyncpg

    return asyncpg.create_pool(db.url, min_size=1, max_size=1, **more)


def _finish(owner: Any) -> None:
    owner.terminate()


RIG = Rig(
    database="postgresql",
    arguments={
        "asyncpg.connect": lambda db: call(db.url),
        "asyncpg.create_pool": lambda db: call(db.url, min_size=1, max_size=1),
        "asyncpg.pool.Pool": lambda db: call(
            db.url,
            min_size=1,
            max_size=1,
            max_queries=9,
            setup=None,
            init=None,
            max_inactive_connection_lifetime=9.0,
            loop=None,
            connection_class=__import__("asyncpg").Connection,
            record_class=__import__("asyncpg").Record,
        ),
    },
    owners={"asyncpg.pool.Pool": _pool},
    patient={"asyncpg.pool.Pool": functools.partial(_pool)},
    finish=_finish,
    run=_run,
    begin="begin",
)
