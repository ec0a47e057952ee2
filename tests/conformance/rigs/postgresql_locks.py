"""Locks of sessions in postgresql; ``begin`` asks from another session whether the lock can be had."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database

_VERBS = ("lock", "lock_shared", "unlock", "unlock_shared")


def _connect(db: Database) -> Any:
    import psycopg

    return psycopg.connect(db.url)


RIG = Rig(
    database="postgresql",
    arguments={
        **{f"pg_{kind}advisory_{verb}": lambda db: call("4711") for kind in ("", "try_") for verb in _VERBS},
        "pg_advisory_unlock_all": lambda db: call(""),
    },
    owners={"connection": _connect},
    begin="select pg_try_advisory_lock(4711)",
)
