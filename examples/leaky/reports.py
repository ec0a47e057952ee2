"""Reports over an engine and its sessions (SQLAlchemy), and over a psycopg 3 pool."""

from __future__ import annotations

import psycopg_pool
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql:///shop")
SessionLocal = sessionmaker(engine)
mirror = psycopg_pool.ConnectionPool("dbname=mirror")


def revenue() -> int:
    conn = engine.connect()  # PGL101: never closed
    return conn.execute(text("select sum(total) from orders")).scalar_one()


def customers(limit: int) -> list[str]:
    session = SessionLocal()
    rows = session.execute(text("select name from customers")).scalars().all()  # PGL103: raises past the close
    session.close()
    return rows[:limit]


def mirrored() -> int:
    with mirror.getconn() as conn:  # PGL108: the block ends the transaction, the slot stays taken
        return conn.execute("select count(*) from orders").fetchone()[0]
