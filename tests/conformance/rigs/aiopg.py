"""aiopg."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


def _pool(db: Database) -> Any:
    import aiopg

    return aiopg.create_pool(db.url, minsize=1, maxsize=1, timeout=0.5)


RIG = Rig(
    database="postgresql",
    arguments={
        "aiopg.connect": lambda db: call(db.url),
        "aiopg.create_pool": lambda db: call(db.url, minsize=1, maxsize=1),
    },
    owners={"aiopg.pool.Pool": _pool},
    finish=lambda owner: owner.terminate(),
    begin="begin",
)
