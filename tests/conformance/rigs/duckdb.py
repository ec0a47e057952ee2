"""duckdb: in process."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call


async def _run(value: Any, statement: str) -> Any:
    row = value.execute(statement).fetchone()
    return row[0] if row else None


_HIDDEN = "nothing outside its process sees its transactions"

RIG = Rig(
    database="none",
    arguments={"duckdb.connect": lambda db: call(db.path)},
    run=_run,
    unproven={f"duckdb.DuckDBPyConnection.begin | {key}": _HIDDEN for key in ("begin", "ends commit", "ends rollback")},
)
