"""A local cache (sqlite3 and aiosqlite)."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import aiosqlite


def lookup(path: str, key: str) -> str | None:
    with closing(sqlite3.connect(path)) as db:
        row = db.execute("select value from cache where key = ?", (key,)).fetchone()
    return row[0] if row else None


async def remember(path: str, key: str, value: str) -> None:
    async with aiosqlite.connect(path) as db:
        await db.execute("insert or replace into cache values (?, ?)", (key, value))
        await db.commit()


class Warmer:
    """Keeps a connection, and gives it back."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path)

    def warm(self, keys: list[str]) -> None:
        for key in keys:
            self._db.execute("insert or ignore into cache values (?, null)", (key,))

    def close(self) -> None:
        self._db.close()
