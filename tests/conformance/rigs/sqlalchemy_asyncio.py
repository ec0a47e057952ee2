"""SQLAlchemy's asyncio extension, over asyncpg."""

from __future__ import annotations

from typing import Any

from tests.conformance.rig import Rig, call, settled
from tests.conformance.servers import Database


def _url(db: Database) -> str:
    return db.url.replace("postgresql:", "postgresql+asyncpg:")


def _engine(db: Database) -> Any:
    from sqlalchemy.ext.asyncio import create_async_engine

    return create_async_engine(_url(db), pool_size=1, max_overflow=0, pool_timeout=0.5)


def _maker(db: Database) -> Any:
    from sqlalchemy.ext.asyncio import async_sessionmaker

    return async_sessionmaker(_engine(db))


async def _run(value: Any, statement: str) -> Any:
    from sqlalchemy import text

    result = await value.execute(text(statement))
    return result.scalar() if result.returns_rows else None


async def _run_raw(value: Any, statement: str) -> Any:
    return await value.driver_connection.fetchval(statement)


async def _finish(owner: Any) -> None:
    if hasattr(owner, "dispose"):
        await settled(owner.dispose())


RIG = Rig(
    database="postgresql",
    arguments={
        "sqlalchemy.ext.asyncio.create_async_engine": lambda db: call(_url(db)),
        "sqlalchemy.ext.asyncio.async_sessionmaker": lambda db: call(_engine(db)),
        "sqlalchemy.ext.asyncio.AsyncSession": lambda db: call(_engine(db)),
    },
    owners={
        "sqlalchemy.ext.asyncio.AsyncEngine": _engine,
        "sqlalchemy.ext.asyncio.async_sessionmaker": _maker,
    },
    finish=_finish,
    run=_run,
    run_by_resource={"raw": _run_raw},
)
