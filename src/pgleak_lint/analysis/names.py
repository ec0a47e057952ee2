"""Which definition a name means, and which op made a temp: look-ups over the code units of one module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar, cast

from pgleak_lint.cfg.graph import CodeModule, CodeUnit, UnitKind
from pgleak_lint.cfg.names import is_of_graph
from pgleak_lint.cfg.ops import (
    ONE_WRITTEN,
    Attr,
    Call,
    Const,
    Copy,
    Declare,
    Enter,
    Import,
    Item,
    Load,
    Op,
    SetAttr,
    SetItem,
    Store,
    Temp,
    read_temps,
    written_temps,
)
from pgleak_lint.cfg.outline.closed import ClosedUnit, InnerUnit

OpType = TypeVar("OpType", bound=Op)

CONSTRUCTORS = frozenset({"__init__", "__post_init__"})
"""Methods without which there is no object: what fails in them leaves nobody who could release anything."""


class UnitIndex:
    """The ops of one unit by what they define.

    ``stores``: variable → the ops that bind it.
    """

    def __init__(self, unit: CodeUnit) -> None:
        self.unit = unit

    def ops(self) -> Sequence[Op]:
        """All ops: in the order of the text, or of the blocks."""
        if self.unit.outline is not None:
            return self.unit.outline
        if self.unit.graph is not None:
            return [op for block in self.unit.graph.blocks for op in block.ops]
        return ()

    @cached_property
    def declared(self) -> dict[str, str]:
        """Target of an annotation without a value → its text; the first one counts."""
        found: dict[str, str] = {}
        for op in self.of(Declare):
            found.setdefault(op.target, op.annotation)
        return found

    @cached_property
    def _by_kind(self) -> dict[type, list[Any]]:
        found: defaultdict[type, list[Any]] = defaultdict(list)
        for op in self.ops():
            found[type(op)].append(op)
        return found

    def of(self, kind: type[OpType]) -> list[OpType]:
        """The ops of one class, in their order."""
        return cast("list[OpType]", self._by_kind.get(kind, []))

    @cached_property
    def _writers(self) -> tuple[dict[Temp, Op], dict[Temp, list[Op]]]:
        """Temp → the first op that writes it; for those that several write (the arms of a conditional), all of them."""
        first: dict[Temp, Op] = {}
        copies: dict[Temp, list[Op]] = {}
        for kind, ops in self._by_kind.items():
            if kind is Copy:  # the only ones of which several write the same temp
                for op in ops:
                    copies.setdefault(op.dst, []).append(op)
            elif kind in ONE_WRITTEN:
                first.update([(op.dst, op) for op in ops])
            else:
                first.update([(temp, op) for op in ops for temp in written_temps(op)])
        first.update([(temp, made[0]) for temp, made in copies.items()])
        return first, {temp: made for temp, made in copies.items() if len(made) > 1}

    def writers(self, temp: Temp) -> Sequence[Op]:
        """The ops that write ``temp``: several only for the arms of a conditional."""
        first, several = self._writers
        if temp in several:
            return several[temp]
        return (first[temp],) if temp in first else ()

    @cached_property
    def stores(self) -> dict[str, list[Store]]:
        found: dict[str, list[Store]] = {}
        seen = set()
        for op in self.of(Store):
            # A `finally` is lowered once per way of leaving: the same statement, seen once, is enough here.
            if (op.name, op.span) not in seen:
                seen.add((op.name, op.span))
                found.setdefault(op.name, []).append(op)
        return found

    @cached_property
    def consumers(self) -> dict[Temp, Op]:
        """Temp → an op that reads it."""
        return {temp: op for op in self.ops() for temp in read_temps(op)}

    @cached_property
    def entered(self) -> dict[str, Enter]:
        """The variable of a context manager → the op that enters it."""
        return {op.manager: op for op in self.of(Enter)}

    def definition(self, temp: Temp) -> Op | None:
        """The op that wrote ``temp``; the first one of a conditional's arms."""
        return self._writers[0].get(temp)

    def path(self, temp: Temp) -> str | None:
        """The dotted path that an expression spells (``self.pool``, ``app["db"]`` as ``app.db``), None if it is none."""
        op = self.definition(temp)
        parts: list[str] = []
        while True:
            match op:
                case Load(name=name):
                    parts.append(name)
                    return ".".join(reversed(parts))
                case Attr(obj=obj, attr=attr):
                    parts.append(attr)
                    op = self.definition(obj)
                case Item(obj=obj, key=key):
                    constant = self.definition(key)
                    if not (isinstance(constant, Const) and isinstance(constant.value, str)):
                        return None
                    parts.append(constant.value)
                    op = self.definition(obj)
                case _:
                    return None


def sources_of(index: UnitIndex, temp: Temp) -> Iterator[Op]:
    """The ops that may have made the value in ``temp``, looking through the joins of conditional expressions."""
    pending, seen = [temp], {temp}
    while pending:
        for op in index.writers(pending.pop()):
            if not isinstance(op, Copy):
                yield op
            elif op.src not in seen:
                seen.add(op.src)
                pending.append(op.src)


class ModuleIndex:
    """Name resolution between the units of one module, by Python's scope rules."""

    def __init__(self, module: CodeModule) -> None:
        self.module = module
        self.units = module.units
        self.indexes = tuple(UnitIndex(unit) for unit in module.units)
        self._outer = [index for index in self.indexes if not isinstance(index.unit, InnerUnit)]
        self._lowered: dict[int, UnitIndex] = {}
        self._free: dict[int, frozenset[str]] = {}
        self._self_stores: dict[str, dict[int, list[tuple[UnitIndex, SetAttr | Declare]]]] = {}
        self._loose_stores: dict[str, dict[str, list[tuple[UnitIndex, Temp]]]] = {}

    def lowered(self, number: int) -> UnitIndex:
        """The ops of the unit's graph; where the module was only outlined they have other temps than ``indexes[number]``."""
        if number not in self._lowered:
            unit = self.module.lowered(number)
            self._lowered[number] = self.indexes[number] if unit is self.units[number] else UnitIndex(unit)
        return self._lowered[number]

    def index_of(self, number: int, temp: Temp) -> UnitIndex:
        """The ops among which that temp is; temps of outlines are negative."""
        return self.indexes[number] if temp < 0 else self.lowered(number)

    def stores_of(self, number: int, name: str) -> Iterator[tuple[UnitIndex, Store]]:
        """The bindings of a variable of that unit in the unit itself."""
        index = self.lowered(number) if is_of_graph(name) else self.indexes[number]
        for store in index.stores.get(name, ()):
            yield index, store

    def mentioning(self, word: str) -> list[UnitIndex]:
        """The units that may have that word in their text. Asking all of them for their ops would read them all."""
        return self._with_inner(index for index in self._outer if index.unit.may_mention(word))

    def _storing(self, attr: str) -> list[UnitIndex]:
        """The units that may set an attribute of that name, or something under that key."""
        return self._with_inner(index for index in self._outer if index.unit.may_store(attr))

    def _with_inner(self, indexes: Iterable[UnitIndex]) -> list[UnitIndex]:
        """These, and those of the units in closed functions among them."""
        found: list[UnitIndex] = []
        for index in indexes:
            unit = index.unit
            if isinstance(unit, ClosedUnit):
                found += [self.indexes[number] for number in unit.cutting.opened_numbers().values()]
            else:
                found.append(index)
        return found

    @cached_property
    def import_roots(self) -> frozenset[str]:
        """The first names of all modules that the module imports."""
        found = (op.module for index in self.mentioning("import") for op in index.of(Import))
        return frozenset(module.partition(".")[0] for module in found)

    def free(self, number: int) -> frozenset[str]:
        """The names that a unit, or one inside it, uses and does not bind."""
        if number not in self._free:
            unit = self.units[number]
            found = set(unit.free)
            if unit.kind in (UnitKind.MODULE, UnitKind.CLASS):
                for child in self._closed_children.get(number, ()):
                    found |= self.free(child)
            self._free[number] = frozenset(found - unit.bound) if unit.kind is UnitKind.MODULE else frozenset(found)
        return self._free[number]

    @cached_property
    def _closed_children(self) -> dict[int, list[int]]:
        """Units that were not read with the one around them: it doesn't know what they use."""
        found: dict[int, list[int]] = {}
        for unit in self.units:
            if unit.parent is None or isinstance(unit, InnerUnit):
                continue
            if isinstance(unit, ClosedUnit) or unit.kind is UnitKind.CLASS:
                found.setdefault(unit.parent, []).append(unit.index)
        return found

    def children(self, number: int) -> Mapping[str, int]:
        """The units that are defined directly in a unit, by name (the last one wins)."""
        unit = self.units[number]
        if isinstance(unit, ClosedUnit) and number not in self._children:
            inner = (self.units[other] for other in unit.cutting.opened_numbers().values())
            self._children[number] = {other.name: other.index for other in inner if other.parent == number}
        return self._children.get(number, {})

    @cached_property
    def _children(self) -> dict[int, dict[str, int]]:
        """Those of classes and functions that are not closed."""
        found: dict[int, dict[str, int]] = {}
        for unit in self.units:
            if unit.parent is not None and not isinstance(unit, InnerUnit):
                found.setdefault(unit.parent, {})[unit.name] = unit.index
        return found

    def scope_of(self, unit: CodeUnit, name: str) -> CodeUnit | None:
        """The unit in which ``name``, as used in ``unit``, is bound; None for a builtin or an unknown name."""
        module = self.units[0]
        if name in unit.global_names:
            return module
        if name[:1] == "$" or "@" in name or name in unit.bound:
            return unit
        current = unit.parent
        while current is not None:
            outer = self.units[current]
            if outer.kind is not UnitKind.CLASS and name in outer.bound:
                return outer
            current = outer.parent
        return module if name in module.bound else None

    def global_stores(self, name: str) -> Iterator[tuple[UnitIndex, Store]]:
        """The bindings of a module global: in the module and in the functions that declare it ``global``."""
        for index in (self.indexes[0], *self._global_writers.get(name, ())):
            for store in index.stores.get(name, ()):
                yield index, store

    @cached_property
    def _global_writers(self) -> dict[str, list[UnitIndex]]:
        found: dict[str, list[UnitIndex]] = {}
        for index in self.mentioning("global"):
            for name in index.unit.global_names:
                found.setdefault(name, []).append(index)
        return found

    def enclosing_class(self, unit: CodeUnit) -> CodeUnit | None:
        """The class whose method ``unit`` is or stands in."""
        current: CodeUnit | None = unit
        while current is not None and current.parent is not None:
            parent = self.units[current.parent]
            if parent.kind is UnitKind.CLASS:
                return parent
            current = parent
        return None

    def constructing(self, made: int) -> dict[int, frozenset[int]]:
        """The methods that run while an object of a class is made: its constructors, and what they call on the object. Method
        → the ones of them that call it."""
        methods = self.children(made)
        callers: dict[int, set[int]] = {methods[name]: set() for name in sorted(CONSTRUCTORS & methods.keys())}
        pending = list(callers)
        while pending:
            caller = pending.pop()
            for name in sorted(self._called_on_self(caller, methods)):
                called = methods[name]
                if self.units[called].is_async or called == caller:
                    continue
                if called not in callers:
                    callers[called] = set()
                    pending.append(called)
                callers[called].add(caller)
        return {method: frozenset(found) for method, found in callers.items()}

    def _called_on_self(self, caller: int, methods: Mapping[str, int]) -> set[str]:
        """Those of the methods that one of them calls on its object."""
        index = self.indexes[caller]
        if not any(map(index.unit.may_use, methods)):
            return set()
        own = index.unit.parameters[0].name if index.unit.parameters else None
        called = (index.definition(op.func) for op in index.of(Call))
        found = {op.attr for op in called if isinstance(op, Attr) and index.path(op.obj) == own}
        return found & methods.keys()

    def self_stores(self, made: int, attr: str) -> Sequence[tuple[UnitIndex, SetAttr | Declare]]:
        """Where a method of a class sets ``self.attr``."""
        if attr not in self._self_stores:
            self._self_stores[attr] = self._find_self_stores(attr)
        return self._self_stores[attr].get(made, ())

    def _find_self_stores(self, attr: str) -> dict[int, list[tuple[UnitIndex, SetAttr | Declare]]]:
        found: dict[int, list[tuple[UnitIndex, SetAttr | Declare]]] = {}
        for index in self._storing(attr):
            owner = self.enclosing_class(index.unit)
            if owner is None:
                continue
            stores: list[SetAttr | Declare] = [op for op in index.of(Declare) if op.target == f"self.{attr}"]
            stores += [op for op in index.of(SetAttr) if op.attr == attr and index.path(op.obj) in ("self", "cls")]
            found.setdefault(owner.index, []).extend((index, op) for op in stores)
        return found

    def loose_stores(self, holder: str, attr: str) -> Sequence[tuple[UnitIndex, Temp]]:
        """The values stored, in any unit, in an attribute, or under a constant key, of an object whose path ends in ``holder``."""
        if attr not in self._loose_stores:
            self._loose_stores[attr] = self._find_loose_stores(attr)
        return self._loose_stores[attr].get(holder, ())

    def _find_loose_stores(self, attr: str) -> dict[str, list[tuple[UnitIndex, Temp]]]:
        found: dict[str, list[tuple[UnitIndex, Temp]]] = {}
        for index in self._storing(attr):
            stores = [(op.obj, op.src) for op in index.of(SetAttr) if op.attr == attr]
            for op in index.of(SetItem):
                key = index.definition(op.key)
                if isinstance(key, Const) and key.value == attr:
                    stores.append((op.obj, op.src))
            for obj, src in stores:
                path = index.path(obj)
                if path and path != "self":
                    found.setdefault(path.rpartition(".")[2], []).append((index, src))
        return found
