"""databases, over asyncpg."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


async def _database(db: Database) -> Any:
    from databases import Database as Pool

    pool = Pool(db.url, min_size=1, max_size=1)
    await pool.connect()
    return pool


async def _run(value: Any, statement: str) -> Any:
    return await value.fetch_val(statement)


async def _run_in(value: Any, statement: str) -> Any:
    return await value._connection.fetch_val(statement)


RIG = Rig(
    database="postgresql",
    arguments={"databases.core.Database": lambda db: call(db.url)},
    owners={"databases.core.Database": _database},
    finish=lambda owner: owner.disconnect(),
    run=_run,
    run_by_resource={"transaction": _run_in},
    unproven={
        "| transaction | on_with": "one that was awaited begins a second time when it is entered, and one end is missing",
        "| transaction | with_commits": "as on_with",
    },
)
