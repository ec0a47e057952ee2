"""Handlers of a web service (asyncpg)."""

from __future__ import annotations

import json

import asyncpg


async def user_name(pool: asyncpg.Pool, user_id: int) -> str | None:
    async with pool.acquire() as conn:
        row = await conn.fetchrow("select name from users where id = $1", user_id)
    return None if row is None else row["name"]


async def save_event(pool: asyncpg.Pool, payload: str) -> None:
    event = json.loads(payload)
    conn = await pool.acquire()
    try:
        await conn.execute("insert into events values ($1)", event)
    finally:
        await pool.release(conn)


async def touch(pool: asyncpg.Pool, user_id: int) -> None:
    conn = await pool.acquire()
    try:
        await conn.execute("update users set seen = now() where id = $1", user_id)
    finally:
        await pool.release(conn)


async def rename(pool: asyncpg.Pool, user_id: int, name: str) -> None:
    async with pool.acquire() as conn:
        await conn.execute("update users set name = $2 where id = $1", user_id, name)


async def all_users(pool: asyncpg.Pool):
    async with pool.acquire() as conn:
        return await conn.fetch("select * from users")


async def copy_user(source: asyncpg.Pool, target: asyncpg.Pool, user_id: int) -> None:
    async with source.acquire() as left, target.acquire() as right:
        row = await left.fetchrow("select * from users where id = $1", user_id)
        await right.execute("insert into users values ($1, $2)", *row)


async def free_name(pool: asyncpg.Pool, name: str) -> bool:
    async with pool.acquire() as conn:
        await conn.execute("delete from users where name = $1 and expired", name)
        return await conn.fetchval("select 1 from users where name = $1", name) is None
