"""A worker that books orders (psycopg2 with a pool)."""

from __future__ import annotations

import logging
from contextlib import contextmanager

import psycopg2
import psycopg2.pool

log = logging.getLogger(__name__)
pool = psycopg2.pool.ThreadedConnectionPool(1, 10, "dbname=shop")


def book(order: dict) -> None:
    conn = pool.getconn()
    try:
        with conn.cursor() as cur:
            cur.execute("insert into orders values (%(id)s, %(total)s)", order)
        conn.commit()
        pool.putconn(conn)
    except psycopg2.Error:
        log.exception("order %s not booked", order)  # PGL102: swallowed, and the slot with it


def totals(days: list[str]) -> dict[str, int]:
    found = {}
    for day in days:
        conn = pool.getconn()  # PGL105: each turn forgets the connection of the one before
        with conn.cursor() as cur:
            cur.execute("select sum(total) from orders where day = %s", (day,))
            found[day] = cur.fetchone()[0]
    return found


def ping() -> None:
    pool.getconn().cursor().execute("select 1")  # PGL106: nobody can give it back


def archive(day: str) -> None:
    conn = pool.getconn()
    try:
        conn.cursor().execute("call archive(%s)", (day,))
    finally:
        conn.close()  # PGL109: the pool never gets its slot back


def cancel(order_id: int) -> None:
    conn = pool.getconn()
    try:
        conn.cursor().execute("delete from orders where id = %s", (order_id,))
    except psycopg2.Error:
        pool.putconn(conn)
        raise
    finally:
        pool.putconn(conn)  # PGL201: the second time on the error path


@contextmanager
def connection():
    conn = pool.getconn()
    yield conn  # PGL110: an exception in the with block skips the release
    pool.putconn(conn)
