"""Test doubles: what a test acquires through something that it has replaced is no connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pgleak_lint._record import record
from pgleak_lint.analysis.patches import Patches, is_named_double
from pgleak_lint.analysis.types import Function
from pgleak_lint.cfg.ops import Call, Load, SetAttr, Temp
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.calls import Acquired
    from pgleak_lint.analysis.explore import Explorer
    from pgleak_lint.analysis.provenance import Provenance


def is_double(provenance: Provenance, unit: int, temp: Temp) -> bool:
    """Whether a value is a test double, by its type or by how it, or the class that it was made from, is named."""
    if provenance.is_typed_double(unit, temp):
        return True
    index = provenance.module.index_of(unit, temp)
    op = index.definition(temp)
    values = [temp, *(store.src for store in index.stores.get(op.name, ()))] if isinstance(op, Load) else [temp]
    made = (index.definition(value) for value in values)
    paths = [index.path(temp), *(index.path(op.func) for op in made if isinstance(op, Call))]
    return any(path is not None and is_named_double(path) for path in paths)


@record
class Replaced:
    """``names``: the last parts of what is replaced while a unit runs; None: perhaps anything. ``root``: the first part of where that
    is. ``line``: from which line of the module on (from 1)."""

    names: frozenset[str] | None
    root: str = ""
    line: int = 0


class Doubles:
    """Questions about the units of one module."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._patches = Patches(explorer.module)
        self._replaced: dict[int, list[Replaced]] = {}
        self._inside: dict[tuple[Function, Span], tuple[str, ...]] = {}

    def stand_for(self, unit: int, call: Call, acquired: Acquired) -> bool:
        """Whether what that call of the unit would acquire comes from a test double, or from a driver of which a part is replaced."""
        if self._is_around_one(unit, call, acquired):
            return True
        passed = frozenset(self._passed(unit, call, acquired))
        if any(map(is_named_double, passed)):
            return True
        if unit not in self._replaced:
            self._replaced[unit] = list(self._replaced_in(unit))
        packages = acquired.acquire.driver.packages
        return any(
            replaced.names is None or replaced.root in packages or not replaced.names.isdisjoint(passed)
            for replaced in self._replaced[unit]
            if replaced.line <= call.span.line
        )

    def _is_around_one(self, unit: int, call: Call, acquired: Acquired) -> bool:
        """Whether something is made around a test double. What a driver connects to is a text, whatever it is called."""
        provenance = self._explorer.provenance
        if not acquired.inside and not acquired.acquire.model.unless_given:
            return any(provenance.is_typed_double(unit, argument.value) for argument in call.arguments)
        return any(is_double(provenance, unit, argument.value) for argument in call.arguments)

    def _replaced_in(self, unit: int) -> Iterator[Replaced]:
        for patch in self._patches.around(unit):
            yield Replaced(patch.names, patch.root)
        for patch in self._patches.inside(unit):
            yield Replaced(patch.names, patch.root, patch.line)
        for fixture in self._patches.fixtures(unit):
            for name, _ in self._set_in(fixture):
                yield Replaced(frozenset({name}))
        for name, line in self._set_in(unit):
            yield Replaced(frozenset({name}), line=line)

    def _set_in(self, unit: int) -> Iterator[tuple[str, int]]:
        """The attributes into which a unit puts test doubles, with the lines where it does."""
        for op in self._explorer.module.indexes[unit].of(SetAttr):
            if is_double(self._explorer.provenance, unit, op.src):
                yield op.attr, op.span.line

    def _passed(self, unit: int, call: Call, acquired: Acquired) -> Iterator[str]:
        """The names that are on the way from a call to the driver."""
        path = self._explorer.module.index_of(unit, call.func).path(call.func)
        yield from path.split(".") if path is not None else ()
        yield from acquired.acquire.model.call.split(".")
        for function, span in acquired.inside:
            if (function, span) not in self._inside:
                self._inside[function, span] = tuple(self._names_in(function, span))
            yield from self._inside[function, span]

    def _names_in(self, function: Function, span: Span) -> Iterator[str]:
        """Those of a function, and of the call at a place in it."""
        there = self._explorer.at(function.home)
        if there is not None:
            index = there.module.indexes[function.unit]
            yield from index.unit.qualname.split(".")
            found = (index.path(op.func) for op in index.of(Call) if op.span == span)
            yield from next((path.split(".") for path in found if path is not None), ())
