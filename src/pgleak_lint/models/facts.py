"""A driver model as a list of single facts: what `pgleak-lint drivers` prints and what the conformance suite proves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Union

from pgleak_lint._record import record
from pgleak_lint.models.schema import (
    AcquireModel,
    DriverModel,
    Evidence,
    Form,
    Kind,
    LockModel,
    MakerModel,
    PoolModel,
    ReleaseModel,
    ResourceModel,
    TransactionModel,
    TypeModel,
)

Table = Union[TypeModel, MakerModel, ResourceModel, AcquireModel, PoolModel, TransactionModel, LockModel]


@record
class Fact:
    """One datum. ``subject`` is what it is about (``pooled``, ``asyncpg.connect``), ``key`` the key of the model file with
    what it is said of (``on_gc``, ``release close``), ``value`` the datum in words, ``table`` the model it stands in."""

    driver: str
    subject: str
    key: str
    value: str
    evidence: Evidence
    table: Table

    @property
    def id(self) -> str:
        """Unique among all facts of the built-in models."""
        return f"{self.driver} | {self.subject} | {self.key}"


def facts_of(driver: DriverModel) -> Iterator[Fact]:
    """Every fact of one model file, in its order. A file without packages that only tells look-alikes has none."""
    others = {model.name for model in driver.types if model.kind in (Kind.OTHER, Kind.DOUBLE)}
    for model in driver.types:
        if driver.packages:
            yield from _facts(driver, model.name, model, _of_type(model))
    for maker in driver.makers:
        if maker.gives in others or (maker.call == maker.gives and maker.form is Form.PLAIN):
            continue  # calling a class makes one of it: that needs no proof
        yield Fact(driver.name, maker.call, "form", f"{maker.form.value}: {maker.gives}", maker.evidence, maker)
    for resource in driver.resources:
        yield from _facts(driver, resource.id, resource, _of_resource(resource))
    for acquire in driver.acquires:
        yield from _facts(driver, acquire.call, acquire, _of_acquire(acquire))
    for pool in driver.pools:
        yield from _facts(driver, pool.type, pool, _of_pool(pool))
    for transaction in driver.transactions:
        yield from _facts(driver, transaction.begin, transaction, _of_transaction(transaction))
    for lock in driver.locks:
        yield from _facts(driver, lock.database, lock, [("takes", _list(lock.takes)), ("frees", _list(lock.frees))])


def _facts(driver: DriverModel, subject: str, table: Table, rows: Iterable[tuple[str, str]]) -> Iterator[Fact]:
    for key, value in rows:
        yield Fact(driver.name, subject, key, value, table.evidence, table)


def _of_type(model: TypeModel) -> Iterator[tuple[str, str]]:
    yield "kind", model.kind.value
    for method in model.ends:
        yield f"ends {method}", "takes back all that is out"


def _of_resource(model: ResourceModel) -> Iterator[tuple[str, str]]:
    yield "type", model.type
    for release in model.releases:
        yield f"release {release.method}", _release(release)
    for method in model.wrong_releases:
        yield f"wrong_releases {method}", "the slot stays taken"
    yield "on_with", model.on_with.value
    if model.with_commits is not None:
        yield "with_commits", _flag(model.with_commits)
    yield "on_gc", model.on_gc.value
    yield "repeat", model.repeat.value
    yield "after_release", model.after_release.value
    if model.lazy:
        blocks = f", nor behind a `with` of {_list(model.blocks)}" if model.blocks else ""
        yield "lazy", f"nothing is taken before the first use, nor kept after {_list(model.idles)}{blocks}"
    for question in model.tells_closed:
        yield f"tells_closed {question}", "true once it is released"
    for question in model.tells_open:
        yield f"tells_open {question}", "false once it is released"
    yield "uses", _list(model.uses) or "none"


def _release(release: ReleaseModel) -> str:
    place = {
        "value": f"value.{release.method}()",
        "owner": f"owner.{release.method}(value)",
        "function": f"{release.method}(value)",
    }[release.on]
    return f"await {place}" if release.awaited else f"{place}, at once"


def _of_acquire(model: AcquireModel) -> Iterator[tuple[str, str]]:
    yield "form", model.form.value
    if model.commits is not None:
        yield "commits", _flag(model.commits)


def _of_pool(model: PoolModel) -> Iterator[tuple[str, str]]:
    yield "exhausted", model.exhausted.value
    if model.reentrant:
        yield "reentrant", "yes"
    yield "open_transaction", model.open_transaction.value
    for state in model.tried:
        yield f"survives {state.value}", _flag(state in model.survives)
    if model.queries:
        yield "queries", _list(model.queries)
    for parameter in model.parameters:
        default = "required" if parameter.default is None else f"default {parameter.default}"
        yield f"parameter {parameter.of} {parameter.name}", f"{parameter.role.value}, {default}"


def _of_transaction(model: TransactionModel) -> Iterator[tuple[str, str]]:
    made = f" of {model.maker}()" if model.maker else ""
    yield "begin", f"{'await ' if model.awaited else ''}{model.begin.rpartition('.')[2]}(){made}"
    for method in model.ends:
        yield f"ends {method}", "ends it"
    if model.maker is not None:
        yield "on_with", "can be entered" if model.on_with else "cannot be entered"


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(words)
