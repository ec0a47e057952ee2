"""psycopg 3, opened directly."""

from __future__ import annotations

from tests.conformance.rig import Rig, call

RIG = Rig(
    database="postgresql",
    arguments={
        "psycopg.connect": lambda db: call(db.url),
        "psycopg.Connection.connect": lambda db: call(db.url),
        "psycopg.AsyncConnection.connect": lambda db: call(db.url),
    },
)
