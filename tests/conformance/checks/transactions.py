"""Checks of facts about transactions."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any, cast

from pgleak_lint.models.facts import Fact
from pgleak_lint.models.schema import (
    Form,
    TransactionModel,
)
from tests.conformance.bench import Bench, Held, can_be_entered
from tests.conformance.checks.base import expect
from tests.conformance.rig import settled


async def check_begin(bench: Bench, fact: Fact) -> None:
    """Beginning opens a transaction; the object alone does not."""
    async with _transaction(bench, fact) as (held, made, model):
        expect(0, await bench.transactions())
        await _begun(bench, held, made, model)
        await _touch(bench, held)
        expect(1, await bench.transactions())


async def check_end(bench: Bench, fact: Fact) -> None:
    """The method ends a transaction that was begun."""
    async with _transaction(bench, fact) as (held, made, model):
        await _begun(bench, held, made, model)
        await _touch(bench, held)
        await settled(getattr(made, fact.key.partition(" ")[2])())
        expect(0, await bench.transactions())


async def check_enters(bench: Bench, fact: Fact) -> None:
    """Whether the object can be entered, which begins and ends."""
    async with _transaction(bench, fact) as (_, made, model):
        expect(model.on_with, can_be_entered(made))


async def _touch(bench: Bench, held: Held) -> None:
    await bench.run(held.acquire.resource, held.value, bench.rig.insert)


async def _begun(bench: Bench, held: Held, made: Any, model: TransactionModel) -> None:
    started = getattr(made, model.begin.rpartition(".")[2])()
    expect(model.awaited, inspect.isawaitable(started))
    await settled(started)


@contextlib.asynccontextmanager
async def _transaction(bench: Bench, fact: Fact):  # type: ignore[no-untyped-def]
    model = cast("TransactionModel", fact.table)
    holder = (model.maker or model.begin).rpartition(".")[0]
    acquire = next(
        it
        for it in bench.catalog.acquires.values()
        if it.resource.type == holder
        and it.model.form is not Form.ENTER
        and (not it.model.owned or it.model.call.rpartition(".")[0] in bench.rig.owners)
    )
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        made = getattr(held.value, model.maker.rpartition(".")[2])() if model.maker else held.value
        try:
            yield held, made, model
        finally:
            with contextlib.suppress(Exception):
                await bench.release(held)
