"""One check for each kind of fact: does the real driver do what its model says? Adding a fact of a known kind needs none."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import warnings
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

from pgleak_lint.models.catalog import Acquire
from pgleak_lint.models.facts import Fact
from pgleak_lint.models.schema import (
    AcquireModel,
    AfterRelease,
    Exhausted,
    Form,
    LockModel,
    MakerModel,
    OnGc,
    OnWith,
    OpenTransaction,
    PoolModel,
    Repeat,
    ResourceModel,
    State,
    TransactionModel,
    TypeModel,
)
from tests.conformance.bench import Bench, Differs, Held, Unproven, can_be_entered, collect, entered, is_instance
from tests.conformance.rig import dbapi, exists, resolve, settled

Check = Callable[[Bench, Fact], Awaitable[None]]


def expect(wanted: object, seen: object) -> None:
    """The driver does as the model says."""
    if wanted != seen:
        raise Differs(f"saw {seen}")


# --- types and makers -----------------------------------------------------------------------------------------------


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


# --- acquires -------------------------------------------------------------------------------------------------------


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


# --- resources ------------------------------------------------------------------------------------------------------


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


async def check_lazy(bench: Bench, fact: Fact) -> None:
    """Nothing is held before the first statement, nor after each of ``idles``."""
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


# --- pools ----------------------------------------------------------------------------------------------------------


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


# --- transactions ---------------------------------------------------------------------------------------------------


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


# --- locks ----------------------------------------------------------------------------------------------------------


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


CHECKS: dict[tuple[str, str], Check] = {
    ("TypeModel", "kind"): check_kind,
    ("TypeModel", "ends"): check_ends,
    ("MakerModel", "form"): check_maker,
    ("AcquireModel", "form"): check_form,
    ("AcquireModel", "commits"): check_commits,
    ("ResourceModel", "type"): check_type,
    ("ResourceModel", "release"): check_release,
    ("ResourceModel", "wrong_releases"): check_wrong_release,
    ("ResourceModel", "on_with"): check_on_with,
    ("ResourceModel", "with_commits"): check_with_commits,
    ("ResourceModel", "on_gc"): check_on_gc,
    ("ResourceModel", "repeat"): check_repeat,
    ("ResourceModel", "after_release"): check_after_release,
    ("ResourceModel", "lazy"): check_lazy,
    ("ResourceModel", "uses"): check_uses,
    ("PoolModel", "exhausted"): check_exhausted,
    ("PoolModel", "open_transaction"): check_open_transaction,
    ("PoolModel", "survives"): check_survives,
    ("PoolModel", "queries"): check_queries,
    ("PoolModel", "parameter"): check_parameter,
    ("TransactionModel", "begin"): check_begin,
    ("TransactionModel", "ends"): check_end,
    ("TransactionModel", "on_with"): check_enters,
    ("LockModel", "takes"): check_takes,
    ("LockModel", "frees"): check_frees,
}
"""Kind of table and first word of the key → the check."""


def check_for(fact: Fact) -> Check | None:
    """The check of that kind of fact, if there is one."""
    return CHECKS.get((type(fact.table).__name__, fact.key.partition(" ")[0]))


async def verdict_of(bench: Bench, fact: Fact) -> tuple[str, str]:
    """``holds``, ``differs`` or ``unproven``, and what there is to say of it."""
    for end, reason in bench.rig.unproven.items():
        if fact.id.endswith(end):
            return "unproven", reason
    check = check_for(fact)
    if check is None:
        return "unproven", "no check of this kind"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await asyncio.wait_for(check(bench, fact), 15)
    except Unproven as reason:
        return "unproven", str(reason)
    except Differs as seen:
        return "differs", str(seen)
    except Exception as error:
        return "differs", f"{type(error).__name__}: {str(error)[:160]}"
    return "holds", ""
