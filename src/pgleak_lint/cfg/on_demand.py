"""Lowering the units of an outlined module one function at a time: only that function is parsed by libcst."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pgleak_lint.cfg.graph import CodeModule, CodeUnit, UnitKind
from pgleak_lint.cfg.outline.closed import ClosedUnit, InnerUnit, is_closed_function
from pgleak_lint.source.depth import is_too_deep

if TYPE_CHECKING:
    import libcst as cst


def lowered_on_demand(
    units: tuple[CodeUnit, ...], lines: list[str], *, guarded: bool = False, has_unseen: bool = False
) -> CodeModule:
    """The module of those outlined units. ``lines`` are those of the text, without their ends. ``guarded``: some of it is
    nested so deeply that it would kill libcst's parser, so each function is looked at before. ``has_unseen``: nobody knows that of some
    functions, which were cut out before the text was parsed."""
    return CodeModule(units, OnDemand(units, lines, guarded=guarded, has_unseen=has_unseen))


class OnDemand:
    """The graphs made so far. What stands in no function needs the whole text."""

    def __init__(self, units: tuple[CodeUnit, ...], lines: list[str], *, guarded: bool, has_unseen: bool) -> None:
        self._guarded = guarded
        self._has_unseen = has_unseen
        self._units = units
        self._lines = lines
        self._lowered: dict[int, CodeUnit] = {}
        self._numbers = {(u.kind, u.place): u.index for u in units if not isinstance(u, InnerUnit)}

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
        text = "\n".join(lines)
        if self._guarded and function is None:
            return None
        if (self._guarded or (self._has_unseen and _is_unseen(function))) and _is_beyond(text):
            return None
        try:
            return cst.parse_module(text)
        except Exception:  # libcst reports some input by errors of its own code
            return None

    def _lower(self, tree: cst.Module, function: CodeUnit | None) -> Mapping[int, CodeUnit]:
        from pgleak_lint.cfg.lower.units import ModuleLowering

        for unit in self._units if function is None else (function,):
            if unit is not None and is_closed_function(unit):
                self._numbers.update(unit.cutting.opened_numbers())
        if function is None:
            return {unit.index: unit for unit in ModuleLowering(tree, numbers=self._numbers).lower().units}
        indented = function.span.column > 1
        node = cast("cst.If", tree.body[0]).body.body[0] if indented else tree.body[0]
        above = function.span.line - 1 - indented
        lowering = ModuleLowering(tree, above=above, numbers=self._numbers)
        return lowering.lower_function(cast("cst.FunctionDef", node))


def _is_unseen(function: CodeUnit | None) -> bool:
    """Whether no parser has seen all of the function, or of the module."""
    return function is None or (isinstance(function, ClosedUnit) and function.cutting.is_unseen)


def _is_beyond(text: str) -> bool:
    """Whether a function's text is among what libcst can't take."""
    try:
        return is_too_deep(ast.parse(text), text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return True
