"""How the probes reach one driver: what cannot be known from its model, and nothing that the model says."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.servers import Database


@dataclass(frozen=True)
class Call:
    """The arguments of a call."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


def call(*args: Any, **kwargs: Any) -> Call:
    """The arguments of a call, as they would be written."""
    return Call(args, kwargs)


async def dbapi(value: Any, statement: str) -> Any:
    """Run a statement the DB-API way, sync or async; the first column of the first row, if it has rows."""
    cursor = await settled(value.cursor())
    try:
        await settled(cursor.execute(statement))
        if not cursor.description:
            return None
        row = await settled(cursor.fetchone())
        return row[0] if row else None
    finally:
        await settled(cursor.close())


async def settled(value: Any) -> Any:
    """The value, awaited if it can be."""
    return await value if inspect.isawaitable(value) else value


def _nothing(owner: Any) -> None:
    return None


@dataclass(frozen=True)
class Rig:
    """The way to one driver.

    ``database`` is a kind of `tests.conformance.servers.SERVERS`. ``arguments`` gives what to pass to a maker or acquire.
    ``owners`` makes, for the type of an acquire method, the object to call it on: a pool of one slot that gives up
    within half a second where it can. ``patient`` makes one that waits as the driver does by default. ``finish`` ends an
    owner. ``run`` runs a statement on a value. ``begin`` is the statement that opens a transaction, None where the first
    write does. ``unproven`` are facts (by the end of their id) that can't be shown this way, with the reason: they are
    source-read.
    """

    database: str
    arguments: Mapping[str, Callable[[Database], Call]] = field(default_factory=dict)
    owners: Mapping[str, Callable[[Database], Any]] = field(default_factory=dict)
    patient: Mapping[str, Callable[[Database], Any]] = field(default_factory=dict)
    finish: Callable[[Any], Any] = _nothing
    run: Callable[[Any, str], Any] = dbapi
    run_by_resource: Mapping[str, Callable[[Any, str], Any]] = field(default_factory=dict)
    begin: str | None = None
    insert: str = "insert into probe_rows values (1)"
    session_id: str | None = None
    unproven: Mapping[str, str] = field(default_factory=dict)


def resolve(name: str) -> Any:
    """The object with that dotted name. Raises LookupError when there is none."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        try:
            for part in parts[count:]:
                found = getattr(found, part)
        except AttributeError:
            continue
        return found
    raise LookupError(name)


def exists(name: str) -> bool:
    """Whether importing and following attributes leads to that name."""
    try:
        resolve(name)
    except LookupError:
        return False
    return True


def load(name: str) -> Rig:
    """The rig with that name, a module of `tests.conformance.rigs`."""
    rig: Rig = importlib.import_module(f"tests.conformance.rigs.{name}").RIG
    return rig
