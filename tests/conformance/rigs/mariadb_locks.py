"""Locks of sessions in mariadb; ``begin`` asks from another session whether the lock can be had."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database


def _connect(db: Database) -> Any:
    import pymysql

    return pymysql.connect(host=db.host, port=db.port, user=db.user, password=db.password)


RIG = Rig(
    database="mariadb",
    arguments={
        "get_lock": lambda db: call("'probe', 1"),
        "release_lock": lambda db: call("'probe'"),
        "release_all_locks": lambda db: call(""),
    },
    owners={"connection": _connect},
    begin="select get_lock('probe', 0)",
)
