"""Checks of facts about pools."""

from __future__ import annotations

import asyncio
import inspect
from typing import cast

from pgleak_lint.models.catalog import Acquire
from pgleak_lint.models.facts import Fact
from pgleak_lint.models.schema import (
    Exhausted,
    Form,
    OpenTransaction,
    PoolModel,
    State,
)
from tests.conformance.bench import Bench, Held, Unproven
from tests.conformance.checks.base import expect
from tests.conformance.rig import exists, resolve, settled


def _acquire_from(bench: Bench, pool: PoolModel) -> Acquire:
    kind = bench.catalog.types[pool.type]
    for acquire in bench.catalog.acquires.values():
        owner = acquire.model.call.rpartition(".")[0]
        if acquire.model.form is not Form.ENTER and owner == kind.name and not acquire.resource.lazy:
            return acquire
    raise Unproven("nothing of it is owed")


async def check_exhausted(bench: Bench, fact: Fact) -> None:
    """What an acquire from an empty pool does."""
    pool = cast("PoolModel", fact.table)
    acquire = _acquire_from(bench, pool)
    async with bench.owner_of(acquire, patient=pool.exhausted is not Exhausted.TIMES_OUT) as owner:
        held = await bench.acquired(acquire, owner)
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            await asyncio.wait_for(bench.acquired(acquire, owner), 2.5)
            seen: object = "a value"
        except asyncio.TimeoutError:
            seen = Exhausted.WAITS if loop.time() - start > 2 else Exhausted.TIMES_OUT
        except Exception:
            seen = Exhausted.RAISES if loop.time() - start < 0.2 else Exhausted.TIMES_OUT
        expect(pool.exhausted, seen)
        await bench.release(held)


async def check_open_transaction(bench: Bench, fact: Fact) -> None:
    """What becomes of an open transaction at the release, seen by the server."""
    pool = cast("PoolModel", fact.table)
    acquire = _acquire_from(bench, pool)
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        number = await _session(bench, held)
        await bench.write(acquire.resource, held.value)
        expect(1, await bench.transactions())
        await bench.release(held)
        if await bench.transactions():
            seen = OpenTransaction.KEPT
        else:
            again = await bench.another(held)
            same = await _session(bench, again) == number
            seen = OpenTransaction.ROLLED_BACK if same else OpenTransaction.CLOSED
            await bench.release(again)
        expect(pool.open_transaction, seen)
        expect(0, bench.observer.rows())


_SESSION = {"postgresql": "select pg_backend_pid()", "mariadb": "select connection_id()"}
_STATES = {
    ("postgresql", State.ROLE): ("set role probe_other", "select current_setting('role') = 'probe_other'"),
    ("postgresql", State.SETTING): ("set work_mem = '12345kB'", "select current_setting('work_mem') = '12345kB'"),
    ("postgresql", State.SEARCH_PATH): (
        "set search_path = pg_catalog",
        "select current_setting('search_path') = 'pg_catalog'",
    ),
    ("postgresql", State.TEMP_TABLE): (
        "create temp table probe_temp (n int)",
        "select count(*) > 0 from pg_catalog.pg_class where relname = 'probe_temp' and pg_table_is_visible(oid)",
    ),
    ("postgresql", State.ADVISORY_LOCK): (
        "select 1 from pg_advisory_lock(4711)",
        "select count(*) > 0 from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
    ),
    ("postgresql", State.LISTEN): ("listen probe_channel", "select count(*) > 0 from pg_listening_channels()"),
    ("mariadb", State.SETTING): ("set @probe = 1", "select @probe is not null"),
    ("mariadb", State.TEMP_TABLE): (
        "create temporary table probe.probe_temp (n int)",
        "select count(*) + 1 from probe.probe_temp",
    ),
    ("mariadb", State.ADVISORY_LOCK): ("select get_lock('probe', 1)", "select is_used_lock('probe') = connection_id()"),
}


async def _session(bench: Bench, held: Held) -> int:
    number = int(await bench.run(held.acquire.resource, held.value, _SESSION[bench.database.kind]))
    await _commit(bench, held)
    return number


async def _commit(bench: Bench, held: Held) -> None:
    """End the transaction that a driver without autocommit opens for each statement."""
    if bench.rig.begin is None and hasattr(held.value, "commit"):
        await settled(held.value.commit())


async def check_survives(bench: Bench, fact: Fact) -> None:
    """Whether the next holder of the connection finds the state."""
    pool = cast("PoolModel", fact.table)
    acquire = _acquire_from(bench, pool)
    state = State(fact.key.partition(" ")[2])
    leave, ask = _STATES[bench.database.kind, state]
    async with bench.owner_of(acquire) as owner:
        held = await bench.acquired(acquire, owner)
        number = await _session(bench, held)
        await bench.run(acquire.resource, held.value, leave)
        await _commit(bench, held)
        if not await _still_there(bench, held, ask):
            raise Unproven("the state did not come about")
        await bench.release(held)
        again = await bench.another(held)
        if await _session(bench, again) != number:
            raise Unproven("the pool gave another connection")
        expect(state in pool.survives, await _still_there(bench, again, ask))
        await bench.release(again)


async def _still_there(bench: Bench, held: Held, ask: str) -> bool:
    try:
        found = bool(await bench.run(held.acquire.resource, held.value, ask))
    except Exception as error:
        if "doesn't exist" not in str(error):
            raise
        found = False
    await _commit(bench, held)
    return found


async def check_queries(bench: Bench, fact: Fact) -> None:
    """The methods exist on the pool."""
    pool = cast("PoolModel", fact.table)
    expect([], [name for name in pool.queries if not exists(f"{pool.type}.{name}")])


async def check_parameter(bench: Bench, fact: Fact) -> None:
    """The parameter has the default of the model."""
    pool = cast("PoolModel", fact.table)
    _, of, name = fact.key.split(" ")
    model = next(it for it in pool.parameters if (it.of, it.name) == (of, name))
    function = resolve(model.of)
    parameters = inspect.signature(function).parameters
    if name not in parameters:
        raise Unproven("the driver hides its signature")
    default = parameters[name].default
    seen = None if default is inspect.Parameter.empty else repr(default)
    expect(model.default, seen)
