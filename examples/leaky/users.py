"""Handlers of a web service (asyncpg)."""

from __future__ import annotations

import asyncio
import json

import asyncpg


async def user_name(pool: asyncpg.Pool, user_id: int) -> str | None:
    conn = await pool.acquire()
    row = await conn.fetchrow("select name from users where id = $1", user_id)
    if row is None:
        return None  # PGL102: leaves with the connection
    await pool.release(conn)
    return row["name"]


async def save_event(pool: asyncpg.Pool, payload: str) -> None:
    conn = await pool.acquire()
    event = json.loads(payload)  # PGL103: raises before the try begins
    try:
        await conn.execute("insert into events values ($1)", event)
    finally:
        await pool.release(conn)


async def touch(pool: asyncpg.Pool, user_id: int) -> None:
    conn = await pool.acquire()
    try:
        await conn.execute("update users set seen = now() where id = $1", user_id)
    except Exception:  # PGL104: a cancelled task passes
        await pool.release(conn)
        raise
    await pool.release(conn)


async def rename(pool: asyncpg.Pool, user_id: int, name: str) -> None:
    conn = await pool.acquire()
    try:
        await conn.execute("update users set name = $2 where id = $1", user_id, name)
    finally:
        pool.release(conn)  # PGL107: a coroutine that nobody awaits


async def all_users(pool: asyncpg.Pool):
    async with pool.acquire() as conn:
        return conn.fetch("select * from users")  # PGL202: runs after the release


async def copy_user(source: asyncpg.Pool, target: asyncpg.Pool, user_id: int) -> None:
    left, right = await asyncio.gather(source.acquire(), target.acquire())  # PGL103: one fails, the other is lost
    try:
        row = await left.fetchrow("select * from users where id = $1", user_id)
        await right.execute("insert into users values ($1, $2)", *row)
    finally:
        await source.release(left)
        await target.release(right)


async def free_name(pool: asyncpg.Pool, name: str) -> bool:
    async with pool.acquire() as conn:
        await conn.execute("delete from users where name = $1 and expired", name)
        return await pool.fetchval("select 1 from users where name = $1", name) is None  # PGL203: one is held already
