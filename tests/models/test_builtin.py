"""Every built-in model file: loads, proves its facts, agrees with the others, and costs little."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgleak_lint.models import loader
from pgleak_lint.models.builtin import LazyCatalog
from pgleak_lint.models.builtin_index import INDEX
from pgleak_lint.models.builtin_speech import SPEECH
from pgleak_lint.models.index import index_of
from pgleak_lint.models.loader import load_catalog, load_driver
from pgleak_lint.models.schema import (
    SOURCE_READ,
    DriverModel,
    Evidence,
    Form,
    Kind,
    OnGc,
    OnWith,
    Repeat,
    ResourceModel,
)
from pgleak_lint.models.speech import speech_of
from pgleak_lint.models.vocabulary import Vocabulary

CATALOG = load_catalog()
DRIVERS = CATALOG.drivers
FILES = sorted(loader.BUILTIN.glob("*.toml"))
LOOK_ALIKES = "not_databases"
RIGS = {path.stem for path in (Path(__file__).parents[1] / "conformance" / "rigs").glob("*.py")} - {"__init__"}

RESOURCES = [(driver, resource) for driver in DRIVERS for resource in driver.resources]


def evidence_of(driver: DriverModel) -> Iterator[tuple[str, Evidence]]:
    yield from ((model.name, model.evidence) for model in driver.types)
    yield from ((model.call, model.evidence) for model in driver.makers)
    yield from ((model.id, model.evidence) for model in driver.resources)
    yield from ((model.call, model.evidence) for model in driver.acquires)
    yield from ((model.type, model.evidence) for model in driver.pools)
    yield from ((model.begin, model.evidence) for model in driver.transactions)
    yield from ((model.database, model.evidence) for model in driver.locks)


def resource_of(call: str) -> ResourceModel:
    return CATALOG.acquires[call].resource


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_loads_by_itself_given_the_types_of_the_others(path: Path) -> None:
    driver = load_driver(path.read_text("utf-8"), str(path), known=CATALOG.types)
    assert driver.name.replace(".", "_") == path.stem
    assert driver.verified


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_every_fact_has_source_and_probe(driver: DriverModel) -> None:
    for name, evidence in evidence_of(driver):
        assert evidence.source.startswith("https://"), name
        if driver.name != LOOK_ALIKES:
            assert evidence.probe in {*RIGS, SOURCE_READ}, name


def test_no_name_stands_in_two_files() -> None:
    seen: dict[str, str] = {}
    for driver in DRIVERS:
        names = {name for model in driver.types for name in (model.name, *model.also)}
        for name in names:
            assert seen.setdefault(name, driver.name) == driver.name, name


def test_no_call_both_makes_and_acquires() -> None:
    assert not set(CATALOG.makers) & set(CATALOG.acquires)


def test_method_acquires_use_canonical_type_names() -> None:
    aliases = {alias for driver in DRIVERS for model in driver.types for alias in model.also}
    for driver in DRIVERS:
        for acquire in driver.acquires:
            assert acquire.call.rpartition(".")[0] not in aliases, acquire.call


@pytest.mark.parametrize(("driver", "resource"), RESOURCES, ids=lambda it: getattr(it, "id", None) or it.name)
class TestResource:
    def test_is_acquired_by_something(self, driver: DriverModel, resource: ResourceModel) -> None:
        assert any(acquire.gives == resource.id for acquire in driver.acquires)

    def test_is_of_a_type_that_can_be_held(self, driver: DriverModel, resource: ResourceModel) -> None:
        assert CATALOG.types[resource.type].kind not in (Kind.OTHER, Kind.POOL, Kind.FACTORY)

    def test_no_method_both_releases_and_loses_it(self, driver: DriverModel, resource: ResourceModel) -> None:
        releases = {release.method for release in resource.releases if release.on == "value"}
        assert not releases & {*resource.wrong_releases, *resource.uses}

    def test_owner_releases_know_their_keyword(self, driver: DriverModel, resource: ResourceModel) -> None:
        assert all(release.keywords for release in resource.releases if release.on == "owner")

    def test_results_that_keep_it_come_from_uses(self, driver: DriverModel, resource: ResourceModel) -> None:
        assert set(resource.keeps) <= set(resource.uses)

    def test_only_lazy_ones_are_passive_or_idle(self, driver: DriverModel, resource: ResourceModel) -> None:
        assert resource.lazy or not (resource.passive or resource.idles or resource.blocks)

    def test_synchronous_values_release_without_await(self, driver: DriverModel, resource: ResourceModel) -> None:
        assert resource.is_async or not any(release.awaited for release in resource.releases)

    def test_lost_means_that_the_help_names_a_release(self, driver: DriverModel, resource: ResourceModel) -> None:
        assert "`" in resource.help
        assert "\n" not in resource.help


@pytest.mark.parametrize(
    ("call", "form"),
    [
        ("asyncpg.pool.Pool.acquire", Form.EITHER),
        ("asyncpg.connect", Form.AWAIT),
        ("psycopg_pool.ConnectionPool.getconn", Form.PLAIN),
        ("psycopg_pool.AsyncConnectionPool.getconn", Form.AWAIT),
        ("psycopg_pool.AsyncConnectionPool.connection", Form.ENTER),
        ("aiosqlite.connect", Form.EITHER),
        ("sqlalchemy.engine.Engine.connect", Form.PLAIN),
        ("sqlalchemy.engine.Engine.begin", Form.ENTER),
        ("sqlalchemy.ext.asyncio.AsyncEngine.connect", Form.EITHER),
        ("sqlalchemy.ext.asyncio.AsyncEngine.raw_connection", Form.AWAIT),
        ("sqlalchemy.ext.asyncio.async_sessionmaker.begin", Form.ENTER),
    ],
)
def test_form(call: str, form: Form) -> None:
    assert CATALOG.acquires[call].model.form is form


@pytest.mark.parametrize(
    ("call", "on_with", "on_gc", "repeat"),
    [
        ("asyncpg.pool.Pool.acquire", OnWith.UNSUPPORTED, OnGc.LOST, Repeat.HARMLESS),
        ("asyncpg.connect", OnWith.UNSUPPORTED, OnGc.CLOSES, Repeat.HARMLESS),
        ("psycopg.connect", OnWith.RELEASES, OnGc.CLOSES, Repeat.HARMLESS),
        ("psycopg_pool.ConnectionPool.getconn", OnWith.ENDS_TRANSACTION, OnGc.LOST, Repeat.CORRUPTS),
        ("psycopg2.connect", OnWith.ENDS_TRANSACTION, OnGc.CLOSES, Repeat.HARMLESS),
        ("psycopg2.pool.AbstractConnectionPool.getconn", OnWith.ENDS_TRANSACTION, OnGc.LOST, Repeat.CORRUPTS),
        ("sqlite3.connect", OnWith.ENDS_TRANSACTION, OnGc.CYCLE, Repeat.HARMLESS),
        ("aiosqlite.connect", OnWith.UNSUPPORTED, OnGc.LOST, Repeat.HARMLESS),
        ("sqlalchemy.engine.Engine.connect", OnWith.RELEASES, OnGc.CYCLE, Repeat.HARMLESS),
        ("sqlalchemy.orm.Session", OnWith.RELEASES, OnGc.CYCLE, Repeat.HARMLESS),
    ],
)
def test_what_happens_to_the_value(call: str, on_with: OnWith, on_gc: OnGc, repeat: Repeat) -> None:
    resource = resource_of(call)
    assert (resource.on_with, resource.on_gc, resource.repeat) == (on_with, on_gc, repeat)


def test_close_loses_the_slot_of_pools_that_want_it_back() -> None:
    losing = {driver.name for driver, resource in RESOURCES if "close" in resource.wrong_releases}
    assert losing == {"psycopg2", "psycopg_pool", "aiopg", "aiomysql", "asyncmy", "aioodbc"}


def test_reports_tell_pool_and_direct_connections_of_one_file_apart() -> None:
    assert resource_of("psycopg2.connect").driver == "psycopg2"
    assert resource_of("psycopg2.pool.AbstractConnectionPool.getconn").driver == "psycopg2.pool"


def test_registries_lend_their_sessions() -> None:
    for name in ("sqlalchemy.orm.scoped_session", "sqlalchemy.ext.asyncio.async_scoped_session"):
        assert CATALOG.types[name].kind is Kind.OTHER
        assert CATALOG.acquire_of(name, "__call__") is None
    assert CATALOG.acquire_of("sqlalchemy.orm.Session", "connection") is None


def test_calling_a_class_makes_it() -> None:
    for name in ("threading.Lock", "redis.asyncio.Redis", "psycopg2.pool.ThreadedConnectionPool"):
        assert name in CATALOG.makers
    assert "sqlalchemy.orm.Session" not in CATALOG.makers


def test_only_methods_of_pools_and_factories_are_owned() -> None:
    owned = {call for call, acquire in CATALOG.acquires.items() if acquire.model.owned}
    assert "psycopg_pool.ConnectionPool.getconn" in owned
    assert not owned & {"psycopg.Connection.connect", "sqlite3.connect", "sqlalchemy.orm.Session"}


def test_the_words_of_the_models_are_written_down() -> None:
    assert speech_of(CATALOG) == SPEECH, "run scripts/builtin_speech.py"


def test_sufficient_words() -> None:
    words = SPEECH.sufficient
    assert {"asyncpg", "psycopg2", "sqlalchemy", "sqlite3", "getconn", "raw_connection"} <= words
    assert not words & {"threading", "redis", "connect", "acquire", "begin"}


def test_loading_is_cheap_and_needs_no_parser() -> None:
    code = "import sys, pgleak_lint.models.loader as m; m.load_catalog(); print('libcst' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(loader.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "False"


def test_loading_takes_milliseconds_and_happens_once() -> None:
    loader._builtin.cache_clear()
    start = time.perf_counter()
    first = load_catalog()
    assert time.perf_counter() - start < 0.2
    assert load_catalog() is first


# -- models that are read when a name leads to them -----------------------------------------------------


def test_the_index_is_that_of_the_models() -> None:
    assert index_of((path.name, loader.load_builtin(path.name)) for path in FILES) == INDEX, (
        "run scripts/builtin_speech.py"
    )


def fresh() -> LazyCatalog:
    return LazyCatalog(INDEX, Vocabulary(SPEECH), loader.load_builtin)


@pytest.mark.parametrize("part", ["types", "makers", "acquires", "pools", "by_method", "fallbacks"])
def test_every_answer_is_that_of_all_models(part: str) -> None:
    lazy, wanted = fresh(), getattr(CATALOG, part)
    for name in sorted(wanted, key=lambda name: name[::-1]):
        assert repr(getattr(lazy, part)[name]) == repr(wanted[name])  # models are equal to themselves only
        assert repr(getattr(lazy, part).get(f"{name}x")) == repr(wanted.get(f"{name}x"))
        assert f"{name}x" not in getattr(lazy, part)


def test_likely_acquires_are_those_of_all_models() -> None:
    names = sorted({receiver for model in CATALOG.types.values() for receiver in model.receivers})
    lazy = fresh()
    for method in sorted(CATALOG.by_method):
        for receiver in names:
            assert repr(lazy.likely_acquires(receiver, method)) == repr(CATALOG.likely_acquires(receiver, method))


def test_the_other_answers_are_those_of_all_models() -> None:
    lazy = fresh()
    assert lazy.packages == CATALOG.packages
    assert lazy.unmodelled == CATALOG.unmodelled
    assert lazy.vocabulary.callees == CATALOG.vocabulary.callees
    assert repr(lazy.drivers) == repr(CATALOG.drivers)


def test_only_what_a_name_leads_to_is_read() -> None:
    lazy = fresh()
    assert lazy.loaded == frozenset()
    assert lazy.types["asyncpg.Pool"].name in CATALOG.types
    assert lazy.acquire_of("asyncpg.pool.Pool", "acquire") is not None
    assert lazy.loaded == {"asyncpg.toml"}
    assert "numpy.ndarray" not in lazy.types
    assert lazy.loaded == {"asyncpg.toml"}
