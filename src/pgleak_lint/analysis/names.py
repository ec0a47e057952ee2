"""Which definition a name means, and which op made a temp: look-ups over the code units of one module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeVar, cast

from pgleak_lint.cfg.graph import CodeModule, CodeUnit, UnitKind
from pgleak_lint.cfg.names import is_of_graph
from pgleak_lint.cfg.ops import (
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

OpType = TypeVar("OpType", bound=Op)

CONSTRUCTORS = frozenset({"__init__", "__post_init__"})
"""Methods without which there is no object: what fails in them leaves nobody who could release anything."""


class UnitIndex:
    """The ops of one unit by what they define.

    ``stores``: variable → the ops that bind it.
    """

    def __init__(self, unit: CodeUnit) -> None:
        self.unit = unit

    def ops(self) -> Iterator[Op]:
        """All ops: in the order of the text, or of the blocks."""
        if self.unit.outline is not None:
            yield from self.unit.outline
        elif self.unit.graph is not None:
            for block in self.unit.graph.blocks:
                yield from block.ops

    @cached_property
    def declared(self) -> dict[str, str]:
        """Target of an annotation without a value → its text; the first one counts."""
        found: dict[str, str] = {}
        for op in self.of(Declare):
            found.setdefault(op.target, op.annotation)
        return found

    @cached_property
    def _by_kind(self) -> dict[type, list[Op]]:
        found: dict[type, list[Op]] = {}
        for op in self.ops():
            found.setdefault(type(op), []).append(op)
        return found

    def of(self, kind: type[OpType]) -> list[OpType]:
        """The ops of one class, in their order."""
        return cast("list[OpType]", self._by_kind.get(kind, []))

    @cached_property
    def _writers(self) -> tuple[dict[Temp, Op], dict[Temp, list[Op]]]:
        """Temp → the first op that writes it; for those that several write (the arms of a conditional), all of them."""
        first: dict[Temp, Op] = {}
        several: dict[Temp, list[Op]] = {}
        for op in self.ops():
            for temp in written_temps(op):
                if first.setdefault(temp, op) is not op:
                    several.setdefault(temp, [first[temp]]).append(op)
        return first, several

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
        self._lowered: dict[int, UnitIndex] = {}

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

    @cached_property
    def import_roots(self) -> frozenset[str]:
        """The first names of all modules that the module imports."""
        return frozenset(op.module.partition(".")[0] for index in self.indexes for op in index.of(Import))

    @cached_property
    def children(self) -> dict[int, dict[str, int]]:
        """Class or function → name → the unit of that name defined directly in it (the last one wins)."""
        found: dict[int, dict[str, int]] = {}
        for unit in self.units:
            if unit.parent is not None:
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
        for index in self.indexes[1:]:
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
        methods = self.children.get(made, {})
        callers: dict[int, set[int]] = {methods[name]: set() for name in sorted(CONSTRUCTORS & methods.keys())}
        pending = list(callers)
        while pending:
            caller = pending.pop()
            for name in sorted(self._called_on_self(caller)):
                called = methods.get(name)
                if called is None or self.units[called].is_async or called == caller:
                    continue
                if called not in callers:
                    callers[called] = set()
                    pending.append(called)
                callers[called].add(caller)
        return {method: frozenset(found) for method, found in callers.items()}

    def _called_on_self(self, method: int) -> set[str]:
        index = self.indexes[method]
        own = index.unit.parameters[0].name if index.unit.parameters else None
        called = (index.definition(op.func) for op in index.of(Call))
        return {op.attr for op in called if isinstance(op, Attr) and index.path(op.obj) == own}

    @cached_property
    def self_stores(self) -> dict[tuple[int, str], list[tuple[UnitIndex, SetAttr | Declare]]]:
        """(class, attribute) → where a method sets ``self.attribute``."""
        found: dict[tuple[int, str], list[tuple[UnitIndex, SetAttr | Declare]]] = {}
        for index in self.indexes:
            owner = self.enclosing_class(index.unit)
            if owner is None:
                continue
            for declared in index.of(Declare):
                if declared.target.startswith("self."):
                    found.setdefault((owner.index, declared.target[5:]), []).append((index, declared))
            for op in index.of(SetAttr):
                if index.path(op.obj) in ("self", "cls"):
                    found.setdefault((owner.index, op.attr), []).append((index, op))
        return found

    @cached_property
    def loose_stores(self) -> dict[tuple[str, str], list[tuple[UnitIndex, Temp]]]:
        """(last name of the object's path, attribute or constant key) → the values stored there, in any unit."""
        found: dict[tuple[str, str], list[tuple[UnitIndex, Temp]]] = {}
        for index in self.indexes:
            stores: list[tuple[Temp, str | None, Temp]] = [(op.obj, op.attr, op.src) for op in index.of(SetAttr)]
            for op in index.of(SetItem):
                key = index.definition(op.key)
                constant = key.value if isinstance(key, Const) else None
                stores.append((op.obj, constant if isinstance(constant, str) else None, op.src))
            for obj, attr, src in stores:
                path = index.path(obj) if attr else None
                if path and attr and path != "self":
                    found.setdefault((path.rpartition(".")[2], attr), []).append((index, src))
        return found
