"""A local cache (sqlite3 and aiosqlite)."""

from __future__ import annotations

import sqlite3

import aiosqlite


def lookup(path: str, key: str) -> str | None:
    with sqlite3.connect(path) as db:  # PGL108: commits, and stays open
        row = db.execute("select value from cache where key = ?", (key,)).fetchone()
    return row[0] if row else None


async def remember(path: str, key: str, value: str) -> None:
    db = await aiosqlite.connect(path)
    await db.execute("insert or replace into cache values (?, ?)", (key, value))  # PGL103: raises past the close
    await db.commit()
    await db.close()


class Warmer:
    """Keeps a connection, and has no way to give it back."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path)  # PGL111: no method closes it

    def warm(self, keys: list[str]) -> None:
        for key in keys:
            self._db.execute("insert or ignore into cache values (?, null)", (key,))
