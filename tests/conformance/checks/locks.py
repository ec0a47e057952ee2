"""Checks of facts about advisory locks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

from pgleak_lint.models.facts import Fact
from pgleak_lint.models.schema import (
    LockModel,
)
from tests.conformance.bench import Bench
from tests.conformance.checks.base import expect
from tests.conformance.rig import dbapi


async def check_takes(bench: Bench, fact: Fact) -> None:
    """Each function takes a lock that a commit does not free: another session can't have it."""
    for function in cast("LockModel", fact.table).takes:
        with _two_sessions(bench) as (one, other):
            arguments = bench.rig.arguments[function](bench.database).args[0]
            await dbapi(one, f"select {function}({arguments})")
            one.commit()
            expect(False, bool(await dbapi(other, bench.rig.begin or "")))


async def check_frees(bench: Bench, fact: Fact) -> None:
    """Each function frees the lock that its counterpart takes."""
    model = cast("LockModel", fact.table)
    for function in model.frees:
        with _two_sessions(bench) as (one, other):
            shared = "_shared" if function.endswith("_shared") else ""
            take = f"{model.takes[0]}{shared}"
            await dbapi(one, f"select {take}({bench.rig.arguments[take](bench.database).args[0]})")
            await dbapi(one, f"select {function}({bench.rig.arguments[function](bench.database).args[0]})")
            one.commit()
            expect(True, bool(await dbapi(other, bench.rig.begin or "")))


@contextlib.contextmanager
def _two_sessions(bench: Bench) -> Iterator[tuple[Any, Any]]:
    connect = bench.rig.owners["connection"]
    with contextlib.closing(connect(bench.database)) as one, contextlib.closing(connect(bench.database)) as other:
        yield one, other
