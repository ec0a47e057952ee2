"""PyMySQL."""

from __future__ import annotations

from tests.conformance.rig import Rig, call

RIG = Rig(
    database="mariadb",
    arguments={
        "pymysql.connect": lambda db: call(
            host=db.host, port=db.port, user=db.user, password=db.password, database=db.name
        )
    },
)
