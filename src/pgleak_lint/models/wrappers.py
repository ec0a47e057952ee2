"""A user's own acquire and release functions, declared in the settings, as a driver model.

``acquire = ["app.db.get_conn"]``, ``release = ["app.db.put_conn(arg 0)"]``, ``driver = "psycopg2.pool"``: the functions give and
take what the driver's own do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.schema import (
    AcquireModel,
    DriverModel,
    Evidence,
    Form,
    Kind,
    ReleaseModel,
    ResourceModel,
)
from pgleak_lint.models.table import ModelError, hint
from pgleak_lint.models.wrapper import Wrapper

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)+"
_ACQUIRE = re.compile(rf"(?P<await>await\s+)?(?P<name>{_NAME})")
_RELEASE = re.compile(rf"(?P<await>await\s+)?(?P<name>{_NAME})(?:\(\s*arg\s+(?P<argument>\w+)\s*\))?")


def wrapper_model(wrapper: Wrapper, catalog: Catalog, name: str, where: str) -> DriverModel:
    """The entry as a model of that name. ``where`` names it in the `ModelError` that a wrong one raises."""
    driver, resource = _resource(wrapper.driver, catalog, where)
    releases = tuple(_release(text, where) for text in wrapper.release)
    acquires = [_acquire(text, resource, where) for text in wrapper.acquire]
    if not acquires:
        raise ModelError(where, "acquire", "names no function")
    return DriverModel(
        name=f"{name} ({driver.name})",
        packages=tuple(dict.fromkeys(model.call.partition(".")[0] for model in acquires)),
        distributions=(),
        verified="declared in the settings",
        types=(),
        makers=(),
        resources=(replace(resource, releases=(*releases, *resource.releases)),),
        acquires=tuple(acquires),
        pools=(),
        transactions=(),
        locks=(),
        path=name,
    )


def _resource(name: str, catalog: Catalog, where: str) -> tuple[DriverModel, ResourceModel]:
    """What a wrapper of that driver gives: the connection of its pool, where it has one."""
    wanted, _, identity = name.partition("/")
    rows = [(driver, resource) for driver in catalog.drivers for resource in driver.resources]
    found = [row for row in rows if row[1].driver == wanted] or [row for row in rows if row[0].name == wanted]
    if not found:
        known = sorted({resource.driver for _, resource in rows} | {driver.name for driver, _ in rows})
        raise ModelError(where, "driver", f"no driver '{wanted}'{hint(wanted, known)}")
    if identity:
        ids = [resource.id for _, resource in found]
        if identity not in ids:
            raise ModelError(where, "driver", f"'{wanted}' has no resource '{identity}'{hint(identity, ids)}")
        return next(row for row in found if row[1].id == identity)
    return next((row for row in found if row[1].kind is Kind.POOLED_CONNECTION), found[0])


def _acquire(text: str, resource: ResourceModel, where: str) -> AcquireModel:
    match = _ACQUIRE.fullmatch(text.strip())
    if match is None:
        raise ModelError(where, "acquire", f"expected a dotted name such as 'app.db.get_conn', got '{text}'")
    form = Form.AWAIT if match["await"] or resource.is_async else Form.PLAIN
    return AcquireModel(
        call=match["name"],
        also=(),
        gives=resource.id,
        form=form,
        owned=False,
        unmistakable=False,
        unless_given=(),
        commits=None,
        fallback=False,
        evidence=Evidence(where, None),
    )


def _release(text: str, where: str) -> ReleaseModel:
    match = _RELEASE.fullmatch(text.strip())
    if match is None:
        raise ModelError(where, "release", f"expected something like 'app.db.put_conn(arg 0)', got '{text}'")
    argument = match["argument"] or "0"
    position = int(argument) if argument.isdigit() else -1
    return ReleaseModel(
        method=match["name"],
        on="function",
        awaited=bool(match["await"]),
        position=position,
        keywords=() if argument.isdigit() else (argument,),
    )


def wrapper_models(wrappers: Iterable[Wrapper], catalog: Catalog) -> list[DriverModel]:
    """All entries of the setting. Raises `ModelError`."""
    return [
        wrapper_model(wrapper, catalog, f"wrappers[{number}]", wrapper.place or f"wrappers[{number}]")
        for number, wrapper in enumerate(wrappers)
    ]
