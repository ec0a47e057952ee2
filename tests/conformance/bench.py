"""A driver on the bench: acquires by the model's word, and tells whether something is held."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
from collections.abc import AsyncIterator
from typing import Any

from pgleak_lint.models.catalog import Acquire, Catalog
from pgleak_lint.models.schema import Form, Kind, ReleaseModel, ResourceModel
from tests.conformance.observer import Observer
from tests.conformance.rig import Call, Rig, resolve, settled
from tests.conformance.servers import Database

LIMIT = 1.0
"""Seconds after which an acquire that waits for ever counts as refused."""


class Differs(Exception):
    """The driver does something else than its model says; the message says what."""


class Unproven(Exception):
    """The fact can't be shown on this bench; the message says why."""


class Held:
    """A value that was acquired, and what is needed to give it back or to ask for another one."""

    def __init__(self, acquire: Acquire, owner: Any, value: Any) -> None:
        self.acquire = acquire
        self.owner = owner
        self.value = value


class Bench:
    """One driver, its rig, a database and somebody who watches it."""

    def __init__(self, catalog: Catalog, rig: Rig, database: Database, observer: Observer) -> None:
        self.catalog = catalog
        self.rig = rig
        self.database = database
        self.observer = observer

    def arguments(self, name: str) -> Call:
        """What to pass to a call."""
        give = self.rig.arguments.get(name)
        return give(self.database) if give else Call()

    @contextlib.asynccontextmanager
    async def owner_of(self, acquire: Acquire, *, patient: bool = False) -> AsyncIterator[Any]:
        """The object that the acquire is a method of; None for a function or class."""
        type_name = acquire.model.call.rpartition(".")[0]
        makers = self.rig.patient if patient and type_name in self.rig.patient else self.rig.owners
        if type_name not in makers:
            if acquire.model.owned:
                raise Unproven(f"the rig makes no {type_name}")
            yield None
            return
        owner = await settled(makers[type_name](self.database))
        try:
            yield owner
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(settled(self.rig.finish(owner)), 2)

    def started(self, acquire: Acquire, owner: Any) -> Any:
        """What the bare call gives."""
        name = acquire.model.call
        given = self.arguments(name)
        function = resolve(name) if owner is None else owner
        if owner is not None and (method := name.rpartition(".")[2]) != "__call__":
            function = getattr(owner, method)
        return function(*given.args, **given.kwargs)

    async def acquired(self, acquire: Acquire, owner: Any) -> Held:
        """A value that is owed."""
        if acquire.model.form is Form.ENTER:
            raise Unproven("it can only be entered")
        return Held(acquire, owner, await settled(self.started(acquire, owner)))

    def acquire_of(self, resource: ResourceModel, *, owed: bool = True) -> Acquire:
        """The first acquire that gives the resource and that the rig can reach."""
        for acquire in self.catalog.acquires.values():
            if acquire.resource is not resource or (owed and acquire.model.form is Form.ENTER):
                continue
            if not acquire.model.owned or acquire.model.call.rpartition(".")[0] in self.rig.owners:
                return acquire
        raise Unproven("it can only be entered")

    async def run(self, resource: ResourceModel, value: Any, statement: str = "select 1") -> Any:
        """Run a statement on a value of that resource."""
        return await settled(self.rig.run_by_resource.get(resource.id, self.rig.run)(value, statement))

    async def write(self, resource: ResourceModel, value: Any) -> None:
        """Leave an uncommitted row."""
        if self.rig.begin:
            await self.run(resource, value, self.rig.begin)
        await self.run(resource, value, self.rig.insert)

    async def release(self, held: Held, release: ReleaseModel | None = None) -> None:
        """Give the value back by one of its releases, the first that ends its use by default."""
        chosen = release or next(it for it in held.acquire.resource.releases if not it.usable)
        await settled(self.released(held, chosen))

    def released(self, held: Held, release: ReleaseModel) -> Any:
        """What the bare call of a release gives."""
        if release.on == "owner":
            return getattr(held.owner, release.method)(held.value)
        if release.on == "function":
            return resolve(release.method)(held.value)
        arguments = (None, None, None) if release.method in ("__exit__", "__aexit__") else ()
        return getattr(held.value, release.method)(*arguments)

    async def is_held(self, held: Held) -> bool:
        """Whether the slot of a pool of one is taken, or the session of a direct connection is open."""
        if held.acquire.resource.lazy:
            return await self.transactions() > 0
        if not self.by_slot(held.acquire):
            return not await self.all_closed()
        try:
            other = await self.another(held)
        except Exception:
            return True
        with contextlib.suppress(Exception):
            await self.release(other)
        return False

    async def all_closed(self) -> bool:
        """Whether no session of the driver is open, now or within a moment: a socket closes when the loop comes to it."""
        for _ in range(12):
            if self.observer.sessions() == 0:
                return True
            await asyncio.sleep(0.05)
        return False

    async def transactions(self) -> int:
        """Sessions in an open transaction, after a moment for what is under way."""
        await asyncio.sleep(0.1)
        return self.observer.in_transaction()

    async def another(self, held: Held) -> Held:
        """One more of the same; an exception where none is to be had."""
        return await asyncio.wait_for(self.acquired(held.acquire, held.owner), LIMIT)

    @staticmethod
    def by_slot(acquire: Acquire) -> bool:
        """Whether holding it means holding a slot of a pool."""
        return acquire.model.owned and acquire.resource.kind is not Kind.CONNECTION

    async def is_taken_by(self, acquire: Acquire, owner: Any) -> bool:
        """The same for an acquire whose value nobody has."""
        if acquire.resource.lazy:
            return await self.transactions() > 0
        if not self.by_slot(acquire):
            return not await self.all_closed()
        probe = next(
            (it for it in self.catalog.acquires.values()
             if it.resource is acquire.resource and it.model.form is not Form.ENTER and it.model.owned
             and it.model.call.rpartition(".")[0] == acquire.model.call.rpartition(".")[0]),
            None,
        )  # fmt: skip
        if probe is not None:
            return await self.is_held(Held(probe, owner, None))
        started = self.started(acquire, owner)
        try:
            await asyncio.wait_for(_entered_and_left(started), LIMIT)
        except Exception:
            return True
        return False


async def _entered_and_left(manager: Any) -> None:
    async with entered(manager):
        pass


@contextlib.asynccontextmanager
async def entered(manager: Any) -> AsyncIterator[Any]:
    """Enter what is a context manager of either kind."""
    if hasattr(type(manager), "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


def can_be_entered(value: Any) -> bool:
    """Whether it is a context manager of either kind."""
    return hasattr(type(value), "__aenter__") or hasattr(type(value), "__enter__")


def is_instance(value: Any, names: tuple[str, ...]) -> bool:
    """Whether the value is of a type with one of these names."""
    classes = []
    for name in names:
        with contextlib.suppress(LookupError):
            found = resolve(name)
            if inspect.isclass(found):
                classes.append(found)
    return isinstance(value, tuple(classes))


def collect() -> None:
    """Run the cycle collector to the end."""
    for _ in range(3):
        gc.collect()
