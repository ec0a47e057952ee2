"""Checks of facts about resources."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
from collections.abc import Awaitable
from typing import Any, cast

from pgleak_lint.models.facts import Fact
from pgleak_lint.models.schema import (
    AfterRelease,
    Form,
    OnGc,
    OnWith,
    Repeat,
    ResourceModel,
)
from tests.conformance.bench import Bench, can_be_entered, collect, entered, is_instance
from tests.conformance.checks.base import expect
from tests.conformance.rig import exists, settled


async def check_type(bench: Bench, fact: Fact) -> None:
    """The value is of the type."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource, owed=False)
    kind = bench.catalog.types[resource.type]
    async with bench.owner_of(acquire) as owner:
        if acquire.model.form is Form.ENTER:
            async with entered(bench.started(acquire, owner)) as value:
                expect(True, is_instance(value, (kind.name, *kind.also)))
            return
        held = await bench.acquired(acquire, owner)
        expect(True, is_instance(held.value, (kind.name, *kind.also)))
        await bench.release(held)


async def check_release(bench: Bench, fact: Fact) -> None:
    """The release frees slot or session; one that must be awaited does nothing without, any other works at once."""
    resource = cast("ResourceModel", fact.table)
    release = next(it for it in resource.releases if it.method == fact.key.partition(" ")[2])
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        if resource.lazy:
            await bench.run(resource, held.value)
        expect(True, await bench.is_held(held))
        if release.awaited:
            forgotten = bench.released(held, release)
            expect(True, inspect.isawaitable(forgotten))
            if inspect.iscoroutine(forgotten):
                forgotten.close()
            expect(True, await bench.is_held(held))
            await bench.released(held, release)
        else:
            result = bench.released(held, release)
            del result
        if release.usable and not bench.by_slot(acquire):
            return
        expect(False, await bench.is_held(held))


async def check_wrong_release(bench: Bench, fact: Fact) -> None:
    """After the call the slot is still taken."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        await settled(getattr(held.value, fact.key.partition(" ")[2])())
        expect(True, await bench.is_held(held))


async def check_on_with(bench: Bench, fact: Fact) -> None:
    """What is held after ``with value:``, and whether the transaction inside has ended."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        if resource.on_with is OnWith.UNSUPPORTED:
            expect(True, await _refuses_to_be_entered(held.value))
            return
        ends = resource.on_with is OnWith.ENDS_TRANSACTION
        async with entered(held.value) as value:
            if ends:
                await bench.write(resource, value if value is not None else held.value)
        if ends:
            expect(0, await bench.transactions())
        expect(resource.on_with is not OnWith.RELEASES, await bench.is_held(held))
        if resource.on_with is OnWith.CLOSES_ONLY:
            expect(True, await _raises(bench.run(resource, held.value)))


async def _refuses_to_be_entered(value: Any) -> bool:
    if not can_be_entered(value):
        return True
    try:
        async with entered(value):
            return False
    except Exception:
        return True


async def _raises(awaitable: Awaitable[object]) -> bool:
    try:
        await asyncio.wait_for(awaitable, 2)
    except Exception:
        return True
    return False


async def check_with_commits(bench: Bench, fact: Fact) -> None:
    """Whether a row that was written inside ``with value:`` is there after a clean exit."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        async with entered(held.value) as value:
            await bench.write(resource, value if value is not None else held.value)
        with contextlib.suppress(Exception):
            await bench.release(held)
        expect(resource.with_commits, bench.observer.rows() == 1)


async def check_on_gc(bench: Bench, fact: Fact) -> None:
    """What is held when the last reference is gone, before and after the cycle collector ran."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        await bench.run(resource, held.value)
        collect()
        gc.disable()
        try:
            held.value = None
            await asyncio.sleep(0.1)
            first = await bench.is_held(held)
        finally:
            gc.enable()
        if resource.on_gc in (OnGc.CLOSES, OnGc.RETURNS):
            expect("free", "held" if first else "free")
            return
        expect("held", "held" if first else "free")
        collect()
        await asyncio.sleep(0.1)
        after = await bench.is_held(held)
        expect(resource.on_gc is OnGc.LOST, after)


async def check_repeat(bench: Bench, fact: Fact) -> None:
    """What a second release does, alone and, for a slot, while somebody else has the connection."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        await bench.release(held)
        if not bench.by_slot(acquire):
            expect(resource.repeat is Repeat.RAISES, await _raises(bench.release(held)))
            return
        alone = await _raises(bench.release(held))
        if resource.repeat is Repeat.RAISES:
            expect(True, alone)
            return
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        await bench.release(held)
        second = await bench.another(held)
        await _raises(bench.release(held))
        expect(resource.repeat is not Repeat.CORRUPTS, await bench.is_held(second))
        if resource.repeat is Repeat.HARMLESS:
            expect(False, alone)


async def check_after_release(bench: Bench, fact: Fact) -> None:
    """What a statement on a released value does."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        if resource.lazy:
            await bench.run(resource, held.value)
        await bench.release(held)
        refused = await _raises(bench.run(resource, held.value))
        expect(resource.after_release is AfterRelease.RAISES, refused)
        if resource.after_release is AfterRelease.REOPENS:
            expect(True, await bench.is_held(held))


async def check_tells(bench: Bench, fact: Fact) -> None:
    """What the value says of itself while it is held, and after the release."""
    resource = cast("ResourceModel", fact.table)
    key, _, question = fact.key.partition(" ")
    closed = key == "tells_closed"
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        await bench.run(resource, held.value)
        expect(not closed, await _told(held.value, question))
        await bench.release(held)
        expect(closed, await _told(held.value, question))


async def _told(value: Any, question: str) -> bool:
    answer = getattr(value, question.removesuffix("()"))
    return bool(answer() if question.endswith("()") else answer)


async def check_lazy(bench: Bench, fact: Fact) -> None:
    """Nothing is held before the first statement, nor after each of ``idles``, nor behind a block of each of ``blocks``."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        expect(False, await bench.is_held(held))
        for method in resource.idles:
            await bench.run(resource, held.value)
            expect(True, await bench.is_held(held))
            await settled(getattr(held.value, method)())
            expect(False, await bench.is_held(held))
        for method in resource.blocks:
            async with entered(getattr(held.value, method)()):
                await bench.run(resource, held.value)
                expect(True, await bench.is_held(held))
            expect(False, await bench.is_held(held))
        await bench.release(held)


async def check_uses(bench: Bench, fact: Fact) -> None:
    """The methods exist, on the value or on another class for which the model stands."""
    resource = cast("ResourceModel", fact.table)
    acquire = bench.acquire_of(resource, owed=False)
    names = sorted({*resource.uses, *resource.keeps, *resource.fluent, *resource.passive})
    others = bench.catalog.types[resource.type].also
    names = [name for name in names if not any(exists(f"{other}.{name}") for other in others)]
    async with bench.owner_of(acquire) as owner:
        if acquire.model.form is Form.ENTER:
            async with entered(bench.started(acquire, owner)) as value:
                expect([], [name for name in names if not hasattr(value, name)])
            return
        held = await bench.acquired(acquire, owner)
        expect([], [name for name in names if not hasattr(held.value, name)])
        await bench.release(held)
