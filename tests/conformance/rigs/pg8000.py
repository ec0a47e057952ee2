"""pg8000, DB-API and native."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


def _keywords(db: Database) -> dict[str, Any]:
    return {"host": db.host, "port": db.port, "user": db.user, "password": db.password, "database": db.name}


async def _run_native(value: Any, statement: str) -> Any:
    rows = value.run(statement)
    return rows[0][0] if rows else None


RIG = Rig(
    database="postgresql",
    arguments={
        "pg8000.connect": lambda db: call(**_keywords(db)),
        "pg8000.native.Connection": lambda db: call(**_keywords(db)),
    },
    run_by_resource={"native": _run_native},
)
