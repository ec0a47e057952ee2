"""Reads model files into a `Catalog`: the built-in ones beside this module, and a user's own in the same shape.

A file is read strictly, because a misspelt key would silently switch a fact off: every key that is unknown, missing or
of the wrong type is a `ModelError` with file, table and key. This module holds the defaults of the optional keys;
`docs/models.md` describes the file field by field.
"""

from __future__ import annotations

import difflib
import functools
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.schema import (
    AcquireModel,
    AfterRelease,
    DriverModel,
    Evidence,
    Form,
    Kind,
    MakerModel,
    OnGc,
    OnWith,
    ReleaseModel,
    Repeat,
    ResourceModel,
    TypeModel,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCHEMA = 1
BUILTIN = Path(__file__).with_name("drivers")

_KEYS: Mapping[str, tuple[str, ...]] = {
    key: tuple(words.split())
    for key, words in {
        "": "schema driver type look_alike maker resource acquire",
        "driver": "name packages verified",
        "type": "name kind also members receivers ends source probe",
        "look_alike": "module types makers source",
        "maker": "call also gives form source probe",
        "resource": "id driver kind noun type async release wrong_releases on_with on_gc repeat after_release uses keeps"
        " fluent lazy passive idles query_coroutines help source probe",
        "release": "method on awaited position keywords usable",
        "acquire": "call also gives form owned unmistakable unless_given source probe",
    }.items()
}
_LABELS = ("id", "name", "call", "method", "module")
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_HANDS_OUT = (Kind.POOL, Kind.FACTORY)
_MADE_BY_CLASS = (*_HANDS_OUT, Kind.OTHER)
_LISTED = 24
_REQUIRED: Any = object()

E = TypeVar("E", bound=Enum)


class ModelError(Exception):
    """A model file that cannot be used: ``path`` of the file, ``where`` in it, and what is wrong there."""

    def __init__(self, path: str, where: str, message: str) -> None:
        super().__init__(": ".join(part for part in (path, where, message) if part))
        self.path = path
        self.where = where
        self.message = message


class _Table:
    """One table of a file; ``key`` says which one. A key that it may not have is an error at once."""

    def __init__(self, key: str, data: Mapping[str, object], path: str, where: str) -> None:
        self._data = data
        self._path = path
        self._where = where
        for word in data:
            if word not in _KEYS[key]:
                raise self.error(f"unknown key '{word}'{_hint(word, _KEYS[key])}")

    def error(self, message: str) -> ModelError:
        return ModelError(self._path, self._where, message)

    def _value(self, key: str, kind: type, name: str, default: object) -> Any:
        value = self._data.get(key, default)
        if value is _REQUIRED:
            raise self.error(f"missing key '{key}'")
        if key in self._data and type(value) is not kind:
            raise self.error(f"key '{key}' must be {name}, not {_described(value)}")
        return value

    def text(self, key: str, default: str = _REQUIRED) -> str:
        value: str = self._value(key, str, "a string", default)
        if not value.strip():
            raise self.error(f"key '{key}' must not be empty")
        return value

    def text_or_none(self, key: str) -> str | None:
        return self.text(key) if key in self._data else None

    def flag(self, key: str, *, default: bool = _REQUIRED) -> bool:
        value: bool = self._value(key, bool, "true or false", default)
        return value

    def number(self, key: str, default: int = _REQUIRED) -> int:
        value: int = self._value(key, int, "a whole number", default)
        return value

    def texts(self, key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        values = self._value(key, list, "a list of strings", default)
        for value in values:
            if type(value) is not str:
                raise self.error(f"key '{key}' must be a list of strings, and holds {_described(value)}")
        return tuple(values)

    def dotted(self, key: str) -> str:
        return self.check_dotted(key, self.text(key))

    def dotted_texts(self, key: str) -> tuple[str, ...]:
        return tuple(self.check_dotted(key, value) for value in self.texts(key))

    def check_dotted(self, key: str, value: str) -> str:
        if _DOTTED.fullmatch(value):
            return value
        raise self.error(f"key '{key}' must hold names such as 'package.name', not '{value}'")

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        values: Mapping[str, object] = self._value(key, dict, "a table of strings", {})
        for name, value in values.items():
            if type(value) is not str:
                raise self.error(f"key '{key}': '{name}' must be a string, not {_described(value)}")
        return tuple((name, str(value)) for name, value in values.items())

    def choice(self, key: str, words: type[E], default: E = _REQUIRED) -> E:
        value = self.text(key, default if default is _REQUIRED else default.value)
        self.check_word(key, value, [word.value for word in words])
        return words(value)

    def check_word(self, key: str, value: str, words: Collection[str]) -> str:
        if value in words:
            return value
        raise self.error(f"key '{key}': unknown value '{value}'{_hint(value, words)}")

    def table(self, key: str) -> _Table:
        return _Table(key, self._value(key, dict, "a table", _REQUIRED), self._path, f"[{key}]")

    def tables(self, key: str) -> tuple[_Table, ...]:
        rows = self._value(key, list, "an array of tables", ())
        return tuple(self._row(key, number, row) for number, row in enumerate(rows, start=1))

    def _row(self, key: str, number: int, row: object) -> _Table:
        if not isinstance(row, dict):
            raise self.error(f"key '{key}' must be an array of tables, and holds {_described(row)}")
        label = next((row[word] for word in _LABELS if word in row), number)
        return _Table(key, row, self._path, f"{self._where} [[{key}]] {label}".lstrip())


def _hint(word: str, known: Collection[str]) -> str:
    if near := difflib.get_close_matches(word, known, n=1):
        return f"; did you mean '{near[0]}'?"
    return f"; valid: {', '.join(known) or 'none'}" if len(known) <= _LISTED else ""


def _described(value: object) -> str:
    names = {str: "a string", bool: "a boolean", list: "a list", dict: "a table"}
    other = "a number" if isinstance(value, (int, float)) else f"a {type(value).__name__}"
    return names.get(type(value), other)


def _evidence(row: _Table) -> Evidence:
    return Evidence(row.text("source"), row.text_or_none("probe"))


def _type(row: _Table) -> TypeModel:
    return TypeModel(
        name=row.dotted("name"),
        kind=row.choice("kind", Kind),
        also=row.dotted_texts("also"),
        members=row.pairs("members"),
        receivers=row.texts("receivers"),
        ends=row.texts("ends"),
        evidence=_evidence(row),
    )


def _look_alike(row: _Table) -> tuple[list[TypeModel], list[MakerModel]]:
    """One module of types that are no resource, and the functions that make them."""
    module, evidence = row.dotted("module"), Evidence(row.text("source"), None)
    names = [row.check_dotted("types", name) for name in row.texts("types")]
    types = [TypeModel(f"{module}.{name}", Kind.OTHER, (), (), (), (), evidence) for name in names]
    makers = []
    for function, given in row.pairs("makers"):
        row.check_word("makers", given, names)
        makers.append(MakerModel(f"{module}.{function}", (), f"{module}.{given}", Form.PLAIN, evidence))
    return types, makers


def _maker(row: _Table) -> MakerModel:
    return MakerModel(
        call=row.dotted("call"),
        also=row.dotted_texts("also"),
        gives=row.dotted("gives"),
        form=row.choice("form", Form, Form.PLAIN),
        evidence=_evidence(row),
    )


def _release(row: _Table) -> ReleaseModel:
    return ReleaseModel(
        method=row.text("method"),
        on=row.check_word("on", row.text("on", "value"), ("value", "owner")),
        awaited=row.flag("awaited"),
        position=row.number("position", 0),
        keywords=row.texts("keywords"),
        usable=row.flag("usable", default=False),
    )


def _resource(row: _Table, driver: str) -> ResourceModel:
    kind, is_async = row.choice("kind", Kind), row.flag("async", default=False)
    releases = tuple(_release(release) for release in row.tables("release"))
    if not releases:
        raise row.error("missing table 'release': nothing would ever release it")
    return ResourceModel(
        id=row.text("id"),
        driver=row.text("driver", driver),
        kind=kind,
        noun=row.text("noun", "session" if kind is Kind.SESSION else "connection"),
        type=row.dotted("type"),
        is_async=is_async,
        releases=releases,
        wrong_releases=row.texts("wrong_releases"),
        on_with=row.choice("on_with", OnWith),
        on_gc=row.choice("on_gc", OnGc),
        repeat=row.choice("repeat", Repeat),
        after_release=row.choice("after_release", AfterRelease),
        uses=row.texts("uses"),
        keeps=row.texts("keeps"),
        fluent=row.texts("fluent"),
        lazy=row.flag("lazy", default=False),
        passive=row.texts("passive"),
        idles=row.texts("idles"),
        query_coroutines=row.flag("query_coroutines", default=is_async),
        help=row.text("help"),
        evidence=_evidence(row),
    )


def _acquire(row: _Table, resources: Collection[str], owners: Collection[str]) -> AcquireModel:
    call = row.dotted("call")
    return AcquireModel(
        call=call,
        also=row.dotted_texts("also"),
        gives=row.check_word("gives", row.text("gives"), resources),
        form=row.choice("form", Form, Form.PLAIN),
        owned=row.flag("owned", default=call.rpartition(".")[0] in owners),
        unmistakable=row.flag("unmistakable", default=False),
        unless_given=row.dotted_texts("unless_given"),
        evidence=_evidence(row),
    )


def _class_makers(types: Iterable[TypeModel], taken: Collection[str]) -> Iterator[MakerModel]:
    """Calling a class makes an object of it; ``taken`` are the calls about which the file itself says something."""
    for model in types:
        names = [name for name in (model.name, *model.also) if name not in taken]
        if names and model.kind in _MADE_BY_CLASS:
            yield MakerModel(names[0], tuple(names[1:]), model.name, Form.PLAIN, model.evidence)


def _parse(text: str, path: str) -> _Table:
    try:
        root = _Table("", tomllib.loads(text), path, "")
    except tomllib.TOMLDecodeError as error:
        raise ModelError(path, "", f"not valid TOML: {error}") from error
    if root.number("schema") != SCHEMA:
        raise root.error(f"key 'schema' must be {SCHEMA}, the only one that this version reads")
    return root


def _build(text: str, path: str) -> DriverModel:
    root = _parse(text, path)
    head = root.table("driver")
    name = head.text("name")
    types, makers = [_type(row) for row in root.tables("type")], [_maker(row) for row in root.tables("maker")]
    for row in root.tables("look_alike"):
        more_types, more_makers = _look_alike(row)
        types += more_types
        makers += more_makers
    resources = tuple(_resource(row, name) for row in root.tables("resource"))
    ids = [resource.id for resource in resources]
    owners = {known for model in types if model.kind in _HANDS_OUT for known in (model.name, *model.also)}
    acquires = tuple(_acquire(row, ids, owners) for row in root.tables("acquire"))
    taken = {known for maker in makers for known in (maker.call, *maker.also)}
    taken |= {known for acquire in acquires for known in (acquire.call, *acquire.also)}
    makers += _class_makers(types, taken)
    return DriverModel(
        name=name,
        packages=head.texts("packages"),
        verified=head.text("verified"),
        types=tuple(types),
        makers=tuple(makers),
        resources=resources,
        acquires=acquires,
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
    for where, key, name in uses:
        if name not in known:
            message = f"key '{key}': unknown type '{name}'{_hint(name, sorted(known))}"
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


def load_catalog(extra: Iterable[str | Path] = ()) -> Catalog:
    """The built-in models, and those of the files ``extra``, which may refer to built-in types and win over them."""
    builtin = _builtin()
    if not (paths := tuple(extra)):
        return builtin
    own = [_build(_read(Path(path)), str(path)) for path in paths]
    _check(own, builtin.types)
    return Catalog([*builtin.drivers, *own])


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(str(path), "", f"cannot be read: {error}") from error


def relevant_words(catalog: Catalog | None = None) -> frozenset[str]:
    """Words of which a module that matters holds at least one: import roots, and methods that speak for themselves.

    A module whose text has none of them need not be parsed: a quick test on bytes, before any syntax.
    """
    drivers = (load_catalog() if catalog is None else catalog).drivers
    words = {package for driver in drivers if driver.resources for package in driver.packages}
    for driver in drivers:
        words.update(model.call.rpartition(".")[2] for model in driver.acquires if model.unmistakable)
    return frozenset(words)
