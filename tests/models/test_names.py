"""The names in the built-in model files exist in a real installation of the driver. Skipped where it is absent."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator

import pytest

from pgleak_lint.models.loader import load_catalog
from pgleak_lint.models.schema import DriverModel, ResourceModel

CATALOG = load_catalog()
DRIVERS = [driver for driver in CATALOG.drivers if driver.packages]

OTHER_VERSIONS = {
    "psycopg2.pool.PersistentConnectionPool": "before 2.9",
    "sqlalchemy.future.engine.Connection": "1.4",
    "sqlalchemy.future.engine.Engine": "1.4",
    "sqlalchemy.orm.ScopedSession": "1.4",
    "sqlalchemy.orm.create_session": "before 2.1",
    "sqlalchemy.orm.session.create_session": "before 2.1",
    "sqlalchemy.pool.FallbackAsyncAdaptedQueuePool": "before 2.1",
    "sqlite3.Connection.enable_load_extension": "builds with loadable extensions",
    "sqlite3.Connection.load_extension": "builds with loadable extensions",
    "sqlite3.Connection.blobopen": "Python 3.11",
    "sqlite3.Connection.deserialize": "Python 3.11",
    "sqlite3.Connection.serialize": "Python 3.11",
    "sqlite3.Connection.getlimit": "Python 3.11",
    "sqlite3.Connection.setlimit": "Python 3.11",
    "sqlite3.Connection.create_window_function": "Python 3.11",
}
"""Names that only some versions or builds have; the installed one need not."""

ADDED = {"exec": "sqlmodel"}
"""Methods that only subclasses have, which some other package defines."""

FORWARDED = {"sqlalchemy.pool.PoolProxiedConnection"}
"""Types that hand unknown attributes on to the connection underneath."""


def exists(name: str) -> bool:
    """Whether importing and following attributes leads to that name."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def is_absent(name: str) -> bool:
    """Whether neither the name nor, for a member of a type, the same member of a subclass in ``also`` exists."""
    if name in OTHER_VERSIONS or exists(name):
        return False
    owner, _, member = name.rpartition(".")
    model = CATALOG.types.get(owner)
    return model is None or not any(exists(f"{alias}.{member}") for alias in model.also)


def is_installed(name: str) -> bool:
    return importlib.util.find_spec(name.partition(".")[0]) is not None


def names_of(driver: DriverModel) -> Iterator[str]:
    for model in driver.types:
        yield from (model.name, *model.also)
        yield from (f"{model.name}.{method}" for method in model.ends)
    for maker in driver.makers:
        yield from (maker.call, *maker.also)
    for acquire in driver.acquires:
        yield from (acquire.call, *acquire.also)
        owner = acquire.call.rpartition(".")[0]
        for release in CATALOG.acquires[acquire.call].resource.releases:
            if release.on == "owner":
                yield f"{owner}.{release.method}"


def methods_of(resource: ResourceModel) -> Iterator[str]:
    yield from (release.method for release in resource.releases if release.on == "value")
    yield from (*resource.wrong_releases, *resource.uses, *resource.keeps, *resource.fluent)
    yield from (*resource.passive, *resource.idles, *resource.blocks)
    yield from (question.removesuffix("()") for question in (*resource.tells_closed, *resource.tells_open))


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_names_exist(driver: DriverModel) -> None:
    names = [name for name in names_of(driver) if is_installed(name)]
    if not names:
        pytest.skip(f"{driver.name} is not installed")
    assert [name for name in names if is_absent(name)] == []


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_methods_of_the_value_exist(driver: DriverModel) -> None:
    resources = [it for it in driver.resources if is_installed(it.type) and it.type not in FORWARDED]
    if not resources:
        pytest.skip(f"{driver.name} is not installed")
    methods = ((it, method) for it in resources for method in methods_of(it))
    names = {f"{it.type}.{method}" for it, method in methods if method not in ADDED or is_installed(ADDED[method])}
    assert sorted(filter(is_absent, names)) == []
