"""Checks of facts about acquires."""

from __future__ import annotations

import inspect
from typing import cast

from pgleak_lint.models.catalog import Acquire
from pgleak_lint.models.facts import Fact
from pgleak_lint.models.schema import (
    AcquireModel,
    Form,
)
from tests.conformance.bench import Bench, Held, can_be_entered, entered, is_instance
from tests.conformance.checks.base import expect


def _acquire(bench: Bench, fact: Fact) -> Acquire:
    return bench.catalog.acquires[cast("AcquireModel", fact.table).call]


async def check_form(bench: Bench, fact: Fact) -> None:
    """What the bare call takes, what awaiting and what entering it gives, and what is held after each."""
    acquire = _acquire(bench, fact)
    form, kind = acquire.model.form, bench.catalog.types[acquire.resource.type]
    names = (kind.name, *kind.also)
    async with bench.owner_of(acquire) as owner:
        made = bench.started(acquire, owner)
        if form is Form.PLAIN:
            expect(True, is_instance(made, names))
            expect(True, acquire.resource.lazy or await bench.is_held(Held(acquire, owner, made)))
            await bench.release(Held(acquire, owner, made))
            return
        if form in (Form.ENTER, Form.EITHER) and not inspect.iscoroutine(made):
            expect(False, await bench.is_taken_by(acquire, owner))
        if inspect.iscoroutine(made):
            made.close()
        del made
    async with bench.owner_of(acquire) as owner:
        if form in (Form.AWAIT, Form.EITHER):
            made = bench.started(acquire, owner)
            expect(True, inspect.isawaitable(made))
            if form is Form.AWAIT:
                expect(False, can_be_entered(made))
            value = await made
            del made
            expect(True, is_instance(value, names))
            expect(True, acquire.resource.lazy or await bench.is_held(Held(acquire, owner, value)))
            await bench.release(Held(acquire, owner, value))
    async with bench.owner_of(acquire) as owner:
        if form in (Form.ENTER, Form.EITHER):
            async with entered(bench.started(acquire, owner)) as value:
                expect(True, is_instance(value, names))
                if acquire.resource.lazy:
                    await bench.run(acquire.resource, value)
                if form is Form.EITHER:
                    expect(True, await bench.is_held(Held(acquire, owner, value)))
            expect(False, await bench.is_taken_by(acquire, owner))


async def check_commits(bench: Bench, fact: Fact) -> None:
    """Whether a row that was written inside the ``with`` is there after a clean exit."""
    acquire = _acquire(bench, fact)
    async with bench.owner_of(acquire) as owner, entered(bench.started(acquire, owner)) as value:
        await bench.write(acquire.resource, value)
    expect(acquire.model.commits, bench.observer.rows() == 1)
