"""Lowering the units of an outlined module one function at a time: only that function is parsed by libcst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pgleak_lint.cfg.graph import CodeModule, CodeUnit, UnitKind

if TYPE_CHECKING:
    import libcst as cst


def lowered_on_demand(units: tuple[CodeUnit, ...], lines: list[str]) -> CodeModule:
    """The module of those outlined units. ``lines`` are those of the text, without their ends."""
    return CodeModule(units, OnDemand(units, lines))


class OnDemand:
    """The graphs made so far. What stands in no function needs the whole text."""

    def __init__(self, units: tuple[CodeUnit, ...], lines: list[str]) -> None:
        self._units = units
        self._lines = lines
        self._lowered: dict[int, CodeUnit] = {}
        self._numbers = {(unit.kind, unit.place): unit.index for unit in units}

    def lowered(self, number: int) -> CodeUnit:
        """The unit with its graph; without one where libcst can't read it (``too_large`` says so), or where nothing leads to it
        (the handler of a body that can't raise)."""
        if number not in self._lowered:
            function = self._outermost_function(number)
            tree = self._parsed(function)
            if tree is None:
                refused = f"`{self._units[number].name}` can't be read by the parser; it was not analysed"
                self._lowered[number] = replace(self._units[number], too_large=refused)
            else:
                self._keep(self._lower(tree, function))
                self._lowered.setdefault(number, self._units[number])
        return self._lowered[number]

    def _keep(self, made: Mapping[int, CodeUnit]) -> None:
        for index, unit in made.items():
            done = replace(self._units[index], graph=unit.graph, too_large=unit.too_large, outline=None)
            self._lowered.setdefault(index, done)

    def _outermost_function(self, number: int) -> CodeUnit | None:
        found: CodeUnit | None = None
        unit: CodeUnit | None = self._units[number]
        while unit is not None:
            if unit.kind is UnitKind.FUNCTION:
                found = unit
            unit = self._units[unit.parent] if unit.parent is not None else None
        if found is None or self._lines[found.span.line - 1][: found.span.column - 1].strip():
            return None  # behind a line continuation
        return found

    def _parsed(self, function: CodeUnit | None) -> cst.Module | None:
        import libcst as cst  # here, because importing it takes longer than most runs

        if function is None:
            lines = self._lines
        else:
            above = ["if 1:"] if function.span.column > 1 else []
            lines = [*above, *self._lines[function.span.line - 1 : function.span.end_line], ""]
        try:
            return cst.parse_module("\n".join(lines))
        except Exception:  # libcst reports some input by errors of its own code
            return None

    def _lower(self, tree: cst.Module, function: CodeUnit | None) -> Mapping[int, CodeUnit]:
        from pgleak_lint.cfg.lower.units import ModuleLowering

        if function is None:
            return {unit.index: unit for unit in ModuleLowering(tree, numbers=self._numbers).lower().units}
        indented = function.span.column > 1
        node = cast("cst.If", tree.body[0]).body.body[0] if indented else tree.body[0]
        above = function.span.line - 1 - indented
        lowering = ModuleLowering(tree, above=above, numbers=self._numbers)
        return lowering.lower_function(cast("cst.FunctionDef", node))
