"""Classes that keep a resource in an attribute: who releases it, and what is owed for their objects."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pgleak_lint.analysis.calls import Acquired
from pgleak_lint.analysis.context import CONSTRUCTORS
from pgleak_lint.analysis.names import UnitIndex
from pgleak_lint.analysis.types import Class, Function, Symbol
from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.cfg.ops import Attr, Call, Load, SetAttr, read_temps
from pgleak_lint.models.catalog import Acquire
from pgleak_lint.models.schema import (
    AcquireModel,
    AfterRelease,
    Form,
    OnWith,
    ReleaseModel,
    Repeat,
    ResourceModel,
)
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.explore import Explorer

_EXITS = frozenset({"__exit__", "__aexit__"})
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Owned:
    """A method stores what it acquired at ``span`` in ``self.attr``."""

    attr: str
    unit: int
    span: Span
    acquired: Acquired


@dataclass(frozen=True, slots=True)
class Releases:
    """What the methods of a class do to an attribute's resource: ``methods`` (name, coroutine or not) release it; ``maybe``:
    something else may."""

    methods: tuple[tuple[str, bool], ...]
    maybe: bool


class Owners:
    """The owning classes of one module."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._objects: dict[int, Acquired | None] = {}

    # -- what a class keeps ------------------------------------------------------------------------

    def owned(self, made: int, *, methods: Collection[str] | None = None) -> Iterator[Owned]:
        """What the methods of a class, or those of these names, acquire themselves and store in an attribute."""
        for unit in self._methods(made):
            if methods is not None and unit.name not in methods:
                continue
            explorer = self._explorer.unit(unit.index) if self._explorer.has_sites(unit.index) else None
            for span, acquired in sorted(explorer.context.calls.sites.items()) if explorer is not None else ():
                for attr in sorted(explorer.site(span, acquired).log.stored) if explorer is not None else ():
                    yield Owned(attr, unit.index, span, acquired)

    def _methods(self, made: int) -> Iterator[CodeUnit]:
        for unit in self._explorer.module.units:
            if unit.parent == made and unit.kind is UnitKind.FUNCTION:
                yield unit

    def releases(self, made: int, attr: str, resource: ResourceModel) -> Releases:
        """Who releases ``self.attr``: methods of the class, of its bases and of its subclasses in this module."""
        methods: dict[str, bool] = {}
        maybe = attr in self._touched_outside or not self.is_closed_world(made)
        for home, unit in self._family(made):
            explorer = self._explorer.at(home)
            code = explorer.module.units[unit] if explorer is not None else None
            if explorer is None or code is None or not _mentions(explorer, unit, attr):
                continue
            log = explorer.attribute(unit, attr, resource)
            if log is None:
                maybe = True
            elif log.released:
                methods[code.name] = code.is_async
            elif log.moved or log.returned or _passes_on(explorer, unit, attr):
                maybe = True
        self._add_callers(made, methods)
        return Releases(tuple(sorted(methods.items())), maybe)

    def _add_callers(self, made: int, methods: dict[str, bool]) -> None:
        """A method that calls a releasing method of its own object (``__exit__``, most often) releases as well."""
        family = list(self._family(made)) if methods else []
        grown = True
        while grown:
            grown = False
            for home, unit in family:
                explorer = self._explorer.at(home)
                if explorer is None or explorer.module.units[unit].name in methods:
                    continue
                index = explorer.module.indexes[unit]
                if any(
                    isinstance(op, Attr) and op.attr in methods and index.path(op.obj) == "self" for op in index.ops()
                ):
                    methods[index.unit.name] = index.unit.is_async
                    grown = True

    def _family(self, made: int) -> Iterator[tuple[str, int]]:
        """The methods that work on objects of the class: its own, inherited ones, and those of subclasses."""
        home = self._explorer.provenance.home
        pending = [Class(made, home)]
        pending += [Class(unit.index, home) for unit in self._subclasses.get(made, ())]
        seen = set(pending)
        while pending and len(seen) < 64:
            known = pending.pop()
            explorer = self._explorer.at(known.home)
            if explorer is None:
                continue
            for unit in explorer.module.units:
                if unit.parent == known.unit and unit.kind is UnitKind.FUNCTION:
                    yield known.home, unit.index
            for base in explorer.provenance.bases_of(known.unit):
                if isinstance(base, Class) and base not in seen:
                    seen.add(base)
                    pending.append(base)

    @cached_property
    def _subclasses(self) -> dict[int, list[CodeUnit]]:
        found: dict[int, list[CodeUnit]] = {}
        home = self._explorer.provenance.home
        for unit in self._explorer.module.units:
            if unit.kind is UnitKind.CLASS:
                for base in self._explorer.provenance.bases_of(unit.index):
                    if isinstance(base, Class) and base.home == home:
                        found.setdefault(base.unit, []).append(unit)
        return found

    def is_closed_world(self, made: int, depth: int = 0) -> bool:
        """Whether every base of a class is known: an unseen one may release what it does not mention here."""
        unit = self._explorer.module.units[made]
        known = list(self._explorer.provenance.bases_of(made))
        named = [base for base in unit.bases if base.partition("[")[0].rpartition(".")[2] not in _HARMLESS_BASES]
        classes = [base for base in known if isinstance(base, Class)]
        standard = [base for base in known if isinstance(base, Symbol) and base.name.partition(".")[0] in _STANDARD]
        if len(classes) + len(standard) < len(named) or depth > _DEEPEST:
            return False
        for base in classes:
            explorer = self._explorer.at(base.home)
            if explorer is None or not explorer.owners.is_closed_world(base.unit, depth + 1):
                return False
        return True

    @cached_property
    def _touched_outside(self) -> frozenset[str]:
        """Attributes that the module loads from something else than ``self``: outsiders may release what is there."""
        found = set()
        for index in self._explorer.module.indexes:
            for op in index.ops():
                if isinstance(op, Attr):
                    owner = index.definition(op.obj)
                    if not (isinstance(owner, Load) and owner.name in ("self", "cls")):
                        found.add(op.attr)
        return frozenset(found)

    def unreleased(self, made: int) -> Iterator[Owned]:
        """What a class keeps and no method of it, nor anybody else that we see, releases."""
        for owned in self.owned(made):
            releases = self.releases(made, owned.attr, owned.acquired.resource)
            if owned.acquired.evidence == "proven" and not releases.methods and not releases.maybe:
                yield owned

    def wrapped(self, known: Class, position: int, keyword: str | None, resource: ResourceModel) -> Releases | None:
        """Who releases a resource that an object of the class was given at its construction, and keeps; None where it may be
        somebody else's: the class does more than to keep it, or nothing of it is known to release."""
        if known.home != self._explorer.provenance.home:
            there = self._explorer.at(known.home)
            return there.owners.wrapped(known, position, keyword, resource) if there is not None else None
        made = self._explorer.module.children.get(known.unit, {})
        constructor = made.get("__init__")
        if constructor is None or "__del__" in made or not self._stands_alone(known.unit):
            return None
        attr = _kept_argument(self._explorer.module.indexes[constructor], position, keyword)
        if attr is None:
            return None
        releases = self.releases(known.unit, attr, resource)
        return releases if releases.methods and not releases.maybe else None

    def _stands_alone(self, made: int) -> bool:
        """Whether no base of a class can call its methods: ``threading.Thread`` runs ``run``."""
        unit = self._explorer.module.units[made]
        named = [base for base in unit.bases if base.partition("[")[0].rpartition(".")[2] not in _HARMLESS_BASES]
        return not named and not unit.decorators

    # -- what is owed for an object ----------------------------------------------------------------

    def object(self, known: Class) -> Acquired | None:
        """What constructing the class acquires: an object that owns a resource, and has a method that releases it."""
        if known.home != self._explorer.provenance.home:
            there = self._explorer.at(known.home)
            return there.owners.object(known) if there is not None else None
        if known.unit not in self._objects:
            found = self._explorer.program.recursive(("object", known), lambda: self._find_object(known))
            if found is None and self._explorer.program.is_open(("object", known)):
                return None
            self._objects[known.unit] = found
        return self._objects[known.unit]

    def forget(self) -> None:
        """Drop what was worked out while something was not known yet; what was found stays."""
        self._objects = {unit: found for unit, found in self._objects.items() if found is not None}

    def _find_object(self, known: Class) -> Acquired | None:
        if not self.is_closed_world(known.unit):
            return None
        units = self._explorer.module.units
        for owned in self.owned(known.unit, methods=CONSTRUCTORS):
            resource = owned.acquired.resource
            if resource.lazy or owned.acquired.evidence != "proven":
                continue
            releases = self.releases(known.unit, owned.attr, resource)
            if releases.methods:
                return _acquired(units[known.unit], owned, releases, Function(owned.unit, known.home))
        return None


_HARMLESS_BASES = frozenset({"object", "ABC", "Protocol", "Generic", "Enum"})
_STANDARD = sys.stdlib_module_names
"""Classes of the standard library know nothing of what a subclass keeps."""


def _kept_argument(index: UnitIndex, position: int, keyword: str | None) -> str | None:
    """The attribute in which a constructor keeps an argument, if it does nothing else with it and shows its object to nobody."""
    own, *others = [p for p in index.unit.parameters if p.kind in ("positional", "positional-only", "keyword-only")]
    names = [parameter.name for parameter in others]
    if keyword is None:
        plain = [parameter.name for parameter in others if parameter.kind != "keyword-only"]
        name = plain[position] if position < len(plain) else None
    else:
        name = keyword if keyword in names else None
    if name is None:
        return None
    loads = {op.dst: op.name for op in index.ops() if isinstance(op, Load) and op.name in (name, own.name)}
    kept: list[str] = []
    for op in index.ops():
        if isinstance(op, SetAttr):
            if loads.get(op.src) == name and loads.get(op.obj) == own.name:
                kept.append(op.attr)
            elif op.src in loads:
                return None
        elif not isinstance(op, Attr | Load) and any(temp in loads for temp in read_temps(op)):
            return None
    return kept[0] if len(kept) == 1 else None


def _mentions(explorer: Explorer, unit: int, attr: str) -> bool:
    return any(isinstance(op, Attr) and op.attr == attr for op in explorer.module.indexes[unit].ops())


def _passes_on(explorer: Explorer, unit: int, attr: str) -> bool:
    """Whether the method gives the attribute to a call: code that we can't see may release it."""
    index = explorer.module.indexes[unit]
    given = (argument.value for op in index.ops() if isinstance(op, Call) for argument in op.arguments)
    return any(isinstance(op, Attr) and op.attr == attr for op in map(index.definition, given))


def _acquired(made: CodeUnit, owned: Owned, releases: Releases, constructor: Function) -> Acquired:
    """The object as a resource of its own kind: released by the methods that release what it keeps."""
    inner = owned.acquired.resource
    named = [(name, awaited) for name, awaited in releases.methods if name not in _EXITS and name != "__del__"]
    exits = [name for name, _ in releases.methods if name in _EXITS]
    shown = next((name for name, _ in named if not name.startswith("_")), "close")
    resource = ResourceModel(
        id=f"object of {made.qualname}",
        driver=inner.driver,
        kind=inner.kind,
        noun=inner.noun,
        type=f"{constructor.home}:{made.qualname}",
        is_async=any(awaited for _, awaited in named),
        releases=tuple(
            ReleaseModel(name, "value", awaited, 0, ())
            for name, awaited in [*named, *((e, e == "__aexit__") for e in exits)]
        ),
        wrong_releases=(),
        on_with=OnWith.RELEASES if exits else OnWith.UNSUPPORTED,
        with_commits=None,
        on_gc=inner.on_gc,
        repeat=Repeat.HARMLESS,
        after_release=AfterRelease.REOPENS,
        uses=(),
        keeps=(),
        fluent=(),
        lazy=False,
        passive=(),
        idles=(),
        query_coroutines=False,
        tells_closed=(),
        tells_open=(),
        help=f"the object keeps a {inner.noun} in `{owned.attr}`: call its `{shown}()` in a `finally`",
        evidence=inner.evidence,
    )
    model = AcquireModel(
        call=made.qualname,
        also=(),
        gives=resource.id,
        form=Form.PLAIN,
        owned=False,
        unmistakable=False,
        unless_given=(),
        commits=None,
        fallback=False,
        evidence=inner.evidence,
    )
    acquire = Acquire(model, resource, owned.acquired.acquire.driver)
    inside = ((constructor, owned.span), *owned.acquired.inside)
    return Acquired(acquire, Form.PLAIN, owned.acquired.evidence, inside=inside)
