"""Functions that nobody has looked into: what their headers say is known, their ops are read from the text when one asks.

Most functions of a module that can matter have nothing to do with what matters in it. A closed unit answers as an open one
would, so who asks needs not know; who goes through all units of a module asks `CodeUnit.may_mention`, or one of its kind, first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.cfg.outline.named import Names, stored
from pgleak_lint.source.document import parse
from pgleak_lint.source.words import has_word

Place = tuple[UnitKind, tuple[int, int]]
"""By which a unit is found again."""

_INSIDE = ("is_generator", "bound", "free", "global_names", "nonlocal_names", "outline", "tries")
"""What only the body tells."""


@dataclass(slots=True, eq=False)
class Cutting:
    """The text of a function, out of its module. ``line`` is the first one of ``text`` (from 1). ``names``: what is used and
    stored in it (`look_into`), with a space around each: a set of them would take ten times as much memory. ``numbers`` are those of the
    function, which comes first, and of all units in it."""

    text: str
    line: int
    is_indented: bool
    qualname: str
    names: str
    numbers: dict[Place, int] = field(default_factory=dict)
    opened: dict[int, CodeUnit] = field(default_factory=dict)
    """Units by number, until those who stand for them come for what is inside."""

    def take(self, number: int) -> CodeUnit | None:
        """A unit with its ops; None where nothing outlines it."""
        if not self.opened:
            self.opened.update(_opened(self))
        return self.opened.pop(number, None)


def spelled(names: Names) -> str:
    """How a cutting keeps names."""
    return f" {' '.join(names)} "


class ClosedUnit(CodeUnit):
    """A function that was cut out, or one of the units in it."""

    __slots__ = ("cutting",)
    cutting: Cutting

    def may_mention(self, word: str) -> bool:
        """A cheap no to whether that word is in the function."""
        text = self.cutting.text
        return not text.isascii() or has_word(text, word)  # a name can be spelled in several ways (PEP 3131)

    def may_use(self, name: str) -> bool:
        """A cheap no to whether the value of a variable, or of an attribute, of that name is used for more than one of its attributes."""
        return f" {name} " in self.cutting.names

    def may_store(self, attr: str) -> bool:
        """A cheap no to whether an attribute of that name, or something under that key, is set."""
        return f" {stored(attr)} " in self.cutting.names

    def __getattr__(self, name: str) -> Any:
        """What is not there yet."""
        if name not in _INSIDE:
            raise AttributeError(name)
        opened = self.cutting.take(self.index)
        for inside in _INSIDE:
            setattr(self, inside, getattr(opened, inside) if opened is not None else _NOTHING[inside])
        return getattr(self, name)


_NOTHING: Mapping[str, Any] = {
    "is_generator": False, "bound": frozenset(), "free": frozenset(), "global_names": frozenset(),
    "nonlocal_names": frozenset(), "outline": (), "tries": False,
}  # fmt: skip


def closed_unit(header: Mapping[str, Any], cutting: Cutting) -> ClosedUnit:
    """A unit of which no more is known than that ``header`` (fields of `CodeUnit`)."""
    unit = object.__new__(ClosedUnit)
    for name, value in {"graph": None, "bases": (), "too_large": None, "cutting": cutting, **header}.items():
        setattr(unit, name, value)
    return unit


def _opened(cutting: Cutting) -> Mapping[int, CodeUnit]:
    from pgleak_lint.cfg.outline.units import FunctionOutline

    text = "if 1:\n" + cutting.text if cutting.is_indented else cutting.text
    tree: Any = parse(text)
    outline = FunctionOutline(cutting, text.split("\n"), cutting.line - 1 - cutting.is_indented)
    return outline.read(tree.body[0].body[0] if cutting.is_indented else tree.body[0])
