"""A worker that books orders (psycopg2 with a pool)."""

from __future__ import annotations

import logging
from contextlib import contextmanager

import psycopg2
import psycopg2.pool

log = logging.getLogger(__name__)
pool = psycopg2.pool.ThreadedConnectionPool(1, 10, "dbname=shop")


@contextmanager
def connection():
    conn = pool.getconn()
    try:
        yield conn
    finally:
        pool.putconn(conn)


def book(order: dict) -> None:
    try:
        with connection() as conn, conn.cursor() as cur:
            cur.execute("insert into orders values (%(id)s, %(total)s)", order)
            conn.commit()
    except psycopg2.Error:
        log.exception("order %s not booked", order)


def totals(days: list[str]) -> dict[str, int]:
    found = {}
    with connection() as conn, conn.cursor() as cur:
        for day in days:
            cur.execute("select sum(total) from orders where day = %s", (day,))
            found[day] = cur.fetchone()[0]
    return found


def ping() -> None:
    with connection() as conn:
        conn.cursor().execute("select 1")


def archive(day: str) -> None:
    conn = pool.getconn()
    try:
        conn.cursor().execute("call archive(%s)", (day,))
    finally:
        pool.putconn(conn)


def cancel(order_id: int) -> None:
    conn = pool.getconn()
    try:
        conn.cursor().execute("delete from orders where id = %s", (order_id,))
    finally:
        pool.putconn(conn)
