"""The invented driver of ``docs/models.md``: a pool whose ``take()`` must be paired with ``give()``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Link:
    """A connection."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.out = True

    async def ask(self, statement: str) -> str:
        if not self.out:
            raise RuntimeError("the link was given back")
        return statement

    def cursor(self) -> Link:
        return self

    def close(self) -> None:
        """Closes the socket, and the slot stays taken."""


class Pool:
    """So many links and no more."""

    def __init__(self, size: int) -> None:
        self._free = asyncio.Semaphore(size)

    async def take(self) -> Link:
        await self._free.acquire()
        return Link(self)

    async def give(self, link: Link) -> None:
        if not link.out:
            raise RuntimeError("given back twice")
        link.out = False
        self._free.release()

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[Link]:
        link = await self.take()
        try:
            yield link
        finally:
            await self.give(link)

    def abort(self) -> None:
        """Takes back all that is out."""
        self._free.release()


async def open_pool(size: int) -> Pool:
    """Open a pool."""
    return Pool(size)
