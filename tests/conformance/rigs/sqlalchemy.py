"""SQLAlchemy core and ORM, over psycopg2."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call, dbapi
from tests.conformance.servers import Database


def _url(db: Database) -> str:
    return db.url.replace("postgresql:", "postgresql+psycopg2:")


def _engine(db: Database) -> Any:
    from sqlalchemy import create_engine

    return create_engine(_url(db), pool_size=1, max_overflow=0, pool_timeout=0.5)


def _maker(db: Database) -> Any:
    from sqlalchemy.orm import sessionmaker

    return sessionmaker(_engine(db))


async def _run(value: Any, statement: str) -> Any:
    from sqlalchemy import text

    if not hasattr(value, "execute"):
        return await dbapi(value, statement)
    result = value.execute(text(statement))
    return result.scalar() if result.returns_rows else None


def _finish(owner: Any) -> None:
    if hasattr(owner, "dispose"):
        owner.dispose()


RIG = Rig(
    database="postgresql",
    arguments={
        "sqlalchemy.create_engine": lambda db: call(_url(db)),
        "sqlalchemy.create_pool_from_url": lambda db: call(_url(db)),
        "sqlalchemy.orm.sessionmaker": lambda db: call(_engine(db)),
        "sqlalchemy.orm.Session": lambda db: call(_engine(db)),
    },
    owners={
        "sqlalchemy.engine.Engine": _engine,
        "sqlalchemy.pool.Pool": lambda db: _engine(db).pool,
        "sqlalchemy.orm.sessionmaker": _maker,
    },
    finish=_finish,
    run=_run,
)
