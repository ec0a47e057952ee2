"""Checks of facts about types and makers."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from typing import cast

from pgleak_lint.models.facts import Fact
from pgleak_lint.models.schema import (
    Form,
    MakerModel,
    TypeModel,
)
from tests.conformance.bench import Bench, Unproven, can_be_entered, is_instance
from tests.conformance.checks.base import expect
from tests.conformance.rig import exists, resolve, settled


async def check_kind(bench: Bench, fact: Fact) -> None:
    """The type exists, under its name or another one of its names."""
    model = cast("TypeModel", fact.table)
    expect(True, any(exists(name) for name in (model.name, *model.also)))


async def check_ends(bench: Bench, fact: Fact) -> None:
    """After the call the owner has room again, or nothing that it handed out is open."""
    model = cast("TypeModel", fact.table)
    acquire = next(
        (it for it in bench.catalog.acquires.values()
         if it.model.call.rpartition(".")[0] == model.name and it.model.form is not Form.ENTER),
        None,
    )  # fmt: skip
    if acquire is None:
        raise Unproven("nothing of it is owed")
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        await settled(getattr(owner, fact.key.partition(" ")[2])())
        if await bench.is_held(held):
            expect(True, await bench.all_closed())


async def check_maker(bench: Bench, fact: Fact) -> None:
    """The maker gives an object of the type, in the form that the model says."""
    model = cast("MakerModel", fact.table)
    if model.call not in bench.rig.arguments:
        raise Unproven("the rig does not call it")
    given = bench.arguments(model.call)
    made = resolve(model.call)(*given.args, **given.kwargs)
    kind = bench.catalog.types[model.gives]
    try:
        if model.form is Form.PLAIN:
            expect(True, is_instance(made, (kind.name, *kind.also)))
            return
        expect(True, inspect.isawaitable(made))
        expect(model.form is Form.EITHER, can_be_entered(made))
        made = await made
        expect(True, is_instance(made, (kind.name, *kind.also)))
    finally:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(settled(bench.rig.finish(made)), 2)
