"""Reads model files into a `Catalog`: the built-in ones beside this module, and a user's own in the same shape.

A file is read strictly, because a misspelt key would silently switch a fact off: every key that is unknown, missing or
of the wrong type is a `ModelError` with file, table and key. This module holds the defaults of the optional keys;
`docs/models.md` describes the file field by field.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.schema import (
    AcquireModel,
    AfterRelease,
    DriverModel,
    Evidence,
    Exhausted,
    Form,
    Kind,
    LockModel,
    MakerModel,
    OnGc,
    OnWith,
    OpenTransaction,
    ParameterModel,
    PoolModel,
    ReleaseModel,
    Repeat,
    ResourceModel,
    Role,
    State,
    TransactionModel,
    TypeModel,
)
from pgleak_lint.models.table import ModelError, Table, hint
from pgleak_lint.models.wrapper import Wrapper
from pgleak_lint.models.wrappers import wrapper_models

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCHEMA = 1
BUILTIN = Path(__file__).with_name("drivers")

_NOUNS = {kind: kind.value for kind in (Kind.SESSION, Kind.CURSOR, Kind.TRANSACTION)}
_HANDS_OUT = (Kind.POOL, Kind.FACTORY)
_MADE_BY_CLASS = (*_HANDS_OUT, Kind.OTHER, Kind.DOUBLE)


def _evidence(row: Table, head: Table) -> Evidence:
    """A table's own evidence, else that of the whole file."""
    source = row.text("source") if row.has("source") or not head.has("source") else head.text("source")
    probe = row.text_or_none("probe") or head.text_or_none("probe")
    return Evidence(source, probe, row.text_or_none("since"), row.text_or_none("until"))


def _type(row: Table, head: Table) -> TypeModel:
    return TypeModel(
        name=row.dotted("name"),
        kind=row.choice("kind", Kind),
        also=row.dotted_texts("also"),
        members=row.pairs("members"),
        receivers=row.texts("receivers"),
        ends=row.texts("ends"),
        evidence=_evidence(row, head),
    )


def _look_alike(row: Table) -> tuple[list[TypeModel], list[MakerModel]]:
    """One module of types that are no resource, and the functions that make them."""
    module, evidence = row.dotted("module"), Evidence(row.text("source"), None)
    names = [row.check_dotted("types", name) for name in row.texts("types")]
    kind = Kind.DOUBLE if row.flag("doubles", default=False) else Kind.OTHER
    types = [TypeModel(f"{module}.{name}", kind, (), (), (), (), evidence) for name in names]
    makers = []
    for function, given in row.pairs("makers"):
        row.check_word("makers", given, names)
        makers.append(MakerModel(f"{module}.{function}", (), f"{module}.{given}", Form.PLAIN, evidence))
    return types, makers


def _maker(row: Table, head: Table) -> MakerModel:
    return MakerModel(
        call=row.dotted("call"),
        also=row.dotted_texts("also"),
        gives=row.dotted("gives"),
        form=row.choice("form", Form, Form.PLAIN),
        evidence=_evidence(row, head),
    )


def _release(row: Table) -> ReleaseModel:
    return ReleaseModel(
        method=row.text("method"),
        on=row.check_word("on", row.text("on", "value"), ("value", "owner", "function")),
        awaited=row.flag("awaited"),
        position=row.number("position", 0),
        keywords=row.texts("keywords"),
        usable=row.flag("usable", default=False),
    )


def _resource(row: Table, head: Table) -> ResourceModel:
    kind, is_async = row.choice("kind", Kind), row.flag("async", default=False)
    releases = tuple(_release(release) for release in row.tables("release"))
    if not releases:
        raise row.error("missing table 'release': nothing would ever release it")
    return ResourceModel(
        id=row.text("id"),
        driver=row.text("driver", head.text("name")),
        kind=kind,
        noun=row.text("noun", _NOUNS.get(kind, "connection")),
        type=row.dotted("type"),
        is_async=is_async,
        releases=releases,
        wrong_releases=row.texts("wrong_releases"),
        on_with=row.choice("on_with", OnWith),
        with_commits=row.flag_or_none("with_commits"),
        on_gc=row.choice("on_gc", OnGc),
        repeat=row.choice("repeat", Repeat),
        after_release=row.choice("after_release", AfterRelease),
        uses=row.texts("uses"),
        keeps=row.texts("keeps"),
        fluent=row.texts("fluent"),
        lazy=row.flag("lazy", default=False),
        passive=row.texts("passive"),
        idles=row.texts("idles"),
        blocks=row.texts("blocks"),
        tells_closed=row.texts("tells_closed"),
        tells_open=row.texts("tells_open"),
        query_coroutines=row.flag("query_coroutines", default=is_async),
        help=row.text("help"),
        evidence=_evidence(row, head),
    )


def _acquire(row: Table, head: Table, resources: Collection[str], owners: Collection[str]) -> AcquireModel:
    call = row.dotted("call")
    return AcquireModel(
        call=call,
        also=row.dotted_texts("also"),
        gives=row.check_word("gives", row.text("gives"), resources),
        form=row.choice("form", Form, Form.PLAIN),
        owned=row.flag("owned", default=call.rpartition(".")[0] in owners),
        unmistakable=row.flag("unmistakable", default=False),
        unless_given=row.dotted_texts("unless_given"),
        commits=row.flag_or_none("commits"),
        fallback=row.flag("fallback", default=False),
        evidence=_evidence(row, head),
    )


def _parameter(row: Table) -> ParameterModel:
    default = row.text_or_none("default")
    return ParameterModel(row.choice("role", Role), row.dotted("of"), row.text("name"), default)


def _pool(row: Table, head: Table) -> PoolModel:
    tried, survives = row.words("tried", State), row.words("survives", State)
    for state in survives:
        row.check_word("survives", state.value, [word.value for word in tried])
    return PoolModel(
        type=row.dotted("type"),
        exhausted=row.choice("exhausted", Exhausted),
        reentrant=row.flag("reentrant", default=False),
        open_transaction=row.choice("open_transaction", OpenTransaction),
        tried=tried,
        survives=survives,
        queries=row.texts("queries"),
        parameters=tuple(_parameter(parameter) for parameter in row.tables("parameter")),
        evidence=_evidence(row, head),
    )


def _transaction(row: Table, head: Table) -> TransactionModel:
    return TransactionModel(
        begin=row.dotted("begin"),
        maker=row.dotted("maker") if row.has("maker") else None,
        ends=row.texts("ends"),
        awaited=row.flag("awaited"),
        on_with=row.flag("on_with"),
        evidence=_evidence(row, head),
    )


def _lock(row: Table, head: Table) -> LockModel:
    return LockModel(row.text("database"), row.texts("takes"), row.texts("frees"), _evidence(row, head))


def _class_makers(types: Iterable[TypeModel], taken: Collection[str]) -> Iterator[MakerModel]:
    """Calling a class makes an object of it; ``taken`` are the calls about which the file itself says something."""
    for model in types:
        names = [name for name in (model.name, *model.also) if name not in taken]
        if names and model.kind in _MADE_BY_CLASS:
            yield MakerModel(names[0], tuple(names[1:]), model.name, Form.PLAIN, model.evidence)


def _parse(text: str, path: str) -> Table:
    try:
        root = Table("", tomllib.loads(text), path, "")
    except tomllib.TOMLDecodeError as error:
        raise ModelError(path, "", f"not valid TOML: {error}") from error
    if root.number("schema") != SCHEMA:
        raise root.error(f"key 'schema' must be {SCHEMA}, the only one that this version reads")
    return root


def _build(text: str, path: str) -> DriverModel:
    root = _parse(text, path)
    head = root.table("driver")
    types = [_type(row, head) for row in root.tables("type")]
    makers = [_maker(row, head) for row in root.tables("maker")]
    for row in root.tables("look_alike"):
        more_types, more_makers = _look_alike(row)
        types += more_types
        makers += more_makers
    resources = tuple(_resource(row, head) for row in root.tables("resource"))
    ids = [resource.id for resource in resources]
    owners = {known for model in types if model.kind in _HANDS_OUT for known in (model.name, *model.also)}
    acquires = tuple(_acquire(row, head, ids, owners) for row in root.tables("acquire"))
    taken = {known for maker in makers for known in (maker.call, *maker.also)}
    taken |= {known for acquire in acquires for known in (acquire.call, *acquire.also)}
    makers += _class_makers(types, taken)
    return DriverModel(
        name=head.text("name"),
        packages=head.texts("packages"),
        distributions=head.texts("distributions"),
        verified=head.text("verified"),
        types=tuple(types),
        makers=tuple(makers),
        resources=resources,
        acquires=acquires,
        pools=tuple(_pool(row, head) for row in root.tables("pool")),
        transactions=tuple(_transaction(row, head) for row in root.tables("transaction")),
        locks=tuple(_lock(row, head) for row in root.tables("lock")),
        path=path,
    )


def _check_unique(driver: DriverModel) -> None:
    calls = [name for maker in driver.makers for name in (maker.call, *maker.also)]
    calls += [name for acquire in driver.acquires for name in (acquire.call, *acquire.also)]
    names = [name for model in driver.types for name in (model.name, *model.also)]
    for key, words in (("name", names), ("call", calls), ("id", [model.id for model in driver.resources])):
        seen: set[str] = set()
        for word in words:
            if word in seen:
                raise ModelError(driver.path, "", f"key '{key}': '{word}' stands here twice")
            seen.add(word)


def _check_types(driver: DriverModel, known: Collection[str]) -> None:
    """Every type that a table refers to is a canonical name in this file or in one that is loaded with it."""
    members = [(model.name, to) for model in driver.types for _, to in model.members if to != "self"]
    uses = [(f"[[type]] {name}", "members", to) for name, to in members]
    uses += [(f"[[maker]] {model.call}", "gives", model.gives) for model in driver.makers]
    uses += [(f"[[resource]] {model.id}", "type", model.type) for model in driver.resources]
    uses += [(f"[[pool]] {model.type}", "type", model.type) for model in driver.pools]
    for where, key, name in uses:
        if name not in known:
            message = f"key '{key}': unknown type '{name}'{hint(name, sorted(known))}"
            raise ModelError(driver.path, where, message)


def _check(drivers: Sequence[DriverModel], known: Iterable[str] = ()) -> None:
    names = {*known, *(model.name for driver in drivers for model in driver.types)}
    for driver in drivers:
        _check_unique(driver)
        _check_types(driver, names)


def load_driver(text: str, path: str, *, known: Iterable[str] = ()) -> DriverModel:
    """One model file. ``known`` are canonical names of types of other files that it may refer to."""
    driver = _build(text, path)
    _check([driver], known)
    return driver


@functools.lru_cache(maxsize=1)
def _builtin() -> Catalog:
    drivers = [_build(path.read_text("utf-8"), path.name) for path in sorted(BUILTIN.glob("*.toml"))]
    _check(drivers)
    return Catalog(drivers)


def load_builtin(name: str) -> DriverModel:
    """One of the built-in model files; the tests have checked them."""
    return _build((BUILTIN / name).read_text("utf-8"), name)


def load_catalog(extra: Iterable[str | Path] = (), wrappers: Iterable[Wrapper] = ()) -> Catalog:
    """The built-in models, those of the files ``extra``, which may refer to built-in types and win over them, and the
    wrappers that the settings declare, which may refer to all of these. Raises `ModelError`."""
    return _catalog(tuple(map(str, extra)), tuple(wrappers))


@functools.lru_cache(maxsize=8)
def _catalog(paths: tuple[str, ...], wrappers: tuple[Wrapper, ...]) -> Catalog:
    catalog = _builtin()
    if paths:
        own = [_build(_read(Path(path)), path) for path in paths]
        _check(own, catalog.types)
        catalog = Catalog([*catalog.drivers, *own])
    if wrappers:
        catalog = Catalog([*catalog.drivers, *wrapper_models(wrappers, catalog)])
    return catalog


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(str(path), "", f"cannot be read: {error}") from error
