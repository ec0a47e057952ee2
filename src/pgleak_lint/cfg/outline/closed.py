"""Functions that nobody has looked into: what they say is read from their text when one asks.

Most functions of a module that can matter have nothing to do with what matters in it. A closed unit answers as an open one
would, so who asks needs not know; who goes through all units of a module asks `CodeUnit.may_mention`, or one of its kind, first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeGuard

from pgleak_lint.cfg.graph import CodeUnit, Parameter, UnitKind
from pgleak_lint.cfg.outline.headers import decorators_of, parameters_of, returns_of
from pgleak_lint.cfg.outline.lines import Lines
from pgleak_lint.cfg.outline.named import FunctionNode, Names, stored
from pgleak_lint.cfg.outline.uses import may_store, may_use
from pgleak_lint.source.document import parse
from pgleak_lint.source.span import Span
from pgleak_lint.source.words import has_word

Place = tuple[UnitKind, tuple[int, int]]
"""By which a unit is found again."""

_FIELDS = tuple(each.name for each in fields(CodeUnit))
_INSIDE = ("is_generator", "bound", "free", "global_names", "nonlocal_names", "outline", "tries")
"""What only the body tells."""
_FIRST_PARAMETER = re.compile(r"\s*(?:async\s+)?def\s+\w+\s*\(\s*(\w+)")
_HEADER = ("parameters", "returns")
"""What the header tells, and most functions are never asked for."""


@dataclass(slots=True, eq=False)
class Cutting:
    """The text of a function, out of its module. ``number`` is the function's; behind it come ``inner`` numbers for the units in it, which
    may be more than there are. ``line`` is the first one of ``text`` (from 1), of which the header takes no more than ``header`` characters.

    ``names``: what is used and stored in it (`look_into`), with a space around each: a set of them would take ten times as much memory.
    None where no parser has seen it with its module: then ``code`` is the text of its body (`pgleak_lint.source.bodies`), which may tell
    that a name is not in it. ``is_broken``: somebody looked into it, and it is no Python. ``numbers``: those of its units as far as they
    are known, the function's first.
    """

    text: str
    line: int
    is_indented: bool
    qualname: str
    number: int
    inner: int
    header: int
    names: str | None = None
    code: str = ""
    is_open: bool = False
    is_broken: bool = False
    numbers: dict[Place, int] = field(default_factory=dict)
    opened: dict[int, CodeUnit] = field(default_factory=dict)
    """Units by number, until those who stand for them come for what is inside."""

    @property
    def is_unseen(self) -> bool:
        """Whether no parser has seen it with its module."""
        return self.names is None

    def take(self, number: int) -> CodeUnit | None:
        """A unit with its ops; None where there is none of that number, or nothing outlines it."""
        self._open()
        return self.opened.pop(number, None)

    def number_of(self, kind: UnitKind, place: tuple[int, int]) -> int:
        """The number of a unit that was met in it."""
        return self.numbers.setdefault((kind, place), self.number + len(self.numbers))

    def opened_numbers(self) -> Mapping[Place, int]:
        """The numbers of its units, the function's first."""
        self._open()
        return self.numbers

    def _open(self) -> None:
        if not self.is_open:
            self.is_open = True
            self.opened.update(_opened(self))

    def may_use(self, name: str, *, calls: bool = True) -> bool:
        """Whether the value of that name may be used; ``calls``: a call of it is a use of it."""
        if self.names is None:
            return name in self.code and may_use(self.code, name, calls=calls)
        return f" {name} " in self.names

    def may_store(self, name: str) -> bool:
        """Whether that name may be set."""
        if self.names is None:
            return name in self.code and may_store(self.code, name)
        return f" {stored(name)} " in self.names


def spelled(names: Names) -> str:
    """How a cutting keeps names."""
    return f" {' '.join(names)} "


class ClosedUnit(CodeUnit):
    """A function that was cut out."""

    __slots__ = ("cutting",)
    cutting: Cutting

    def first_parameter(self) -> str | None:
        """The name of the first one, without the others."""
        found = _FIRST_PARAMETER.match(self.cutting.text)
        return found[1] if found is not None else super().first_parameter()

    def may_mention(self, word: str) -> bool:
        """A cheap no to whether that word is in the function."""
        text = self.cutting.text
        return not text.isascii() or has_word(text, word)  # a name can be spelled in several ways (PEP 3131)

    def may_use(self, name: str) -> bool:
        """A cheap no to whether the value of a variable, or of an attribute, of that name is used for more than one of its attributes."""
        return self.cutting.may_use(name)

    def may_store(self, attr: str) -> bool:
        """A cheap no to whether an attribute of that name, or something under that key, is set."""
        return self.cutting.may_store(attr)

    def may_say(self, words: Names) -> bool:
        """A cheap no to whether one of the words is in the header."""
        text, size = self.cutting.text, self.cutting.header
        return any(text.find(word, 0, size) >= 0 for word in words)

    def __getattr__(self, name: str) -> Any:
        """What is not there yet."""
        if name in _HEADER:
            self.parameters, self.returns = _header_of(self.cutting)  # type: ignore[misc]
        elif name in _INSIDE:
            opened = self.cutting.take(self.index)
            for inside in _INSIDE:
                setattr(self, inside, getattr(opened, inside) if opened is not None else _NOTHING[inside])
        else:
            raise AttributeError(name)
        return getattr(self, name)


def is_closed_function(unit: CodeUnit) -> TypeGuard[ClosedUnit]:
    """Whether the unit is a function that was cut out, and none of those in it."""
    return isinstance(unit, ClosedUnit) and not isinstance(unit, InnerUnit)


class InnerUnit(ClosedUnit):
    """A unit in a function that was cut out, or one that may be there. What it is shows when the function is looked into; until then it is
    taken for a lambda, of which nothing is known."""

    __slots__ = ()

    def first_parameter(self) -> str | None:
        """The name of the first one."""
        return CodeUnit.first_parameter(self)

    def may_say(self, words: Names) -> bool:
        """Where it did, the function would not be closed."""
        return False

    def __getattr__(self, name: str) -> Any:
        """What is not there yet."""
        if name in ("index", "cutting") or name not in _FIELDS:
            raise AttributeError(name)
        cutting = self.cutting
        if not cutting.is_open and name in _UNKNOWN:
            return cutting.number if name == "parent" else _UNKNOWN[name]
        unit = cutting.take(self.index)
        found = _absent(self.index, cutting) if unit is None else {of: getattr(unit, of) for of in _FIELDS}
        for of, value in found.items():
            setattr(self, of, value)
        return found[name]


_NOTHING: Mapping[str, Any] = {
    "is_generator": False, "bound": frozenset(), "free": frozenset(), "global_names": frozenset(),
    "nonlocal_names": frozenset(), "outline": (), "tries": False,
}  # fmt: skip
_UNKNOWN: Mapping[str, Any] = {
    "kind": UnitKind.LAMBDA, "parent": None, "graph": None, "too_large": None, "is_async": False,
    "parameters": (), "returns": None, "decorators": (), "bases": (),
}  # fmt: skip


def _absent(number: int, cutting: Cutting) -> Mapping[str, Any]:
    """What is said of a unit that is not there."""
    span = Span(cutting.line, 1, cutting.line, 1)
    known = {"index": number, "parent": cutting.number, "name": "<none>", "qualname": f"{cutting.qualname}.<none>"}
    return {**_UNKNOWN, **_NOTHING, **known, "span": span, "place": (0, 0)}


def closed_units(
    node: FunctionNode, lines: Lines, leading: Names, *, parent: int, place: tuple[int, int], cutting: Cutting
) -> list[CodeUnit]:
    """The function of that syntax tree, and what may be in it. Who asks what the header says asks for one of the names ``leading``."""
    unit = object.__new__(ClosedUnit)
    unit.index, unit.parent, unit.kind, unit.name, unit.qualname = (  # type: ignore[misc]
        cutting.number, parent, UnitKind.FUNCTION, node.name, cutting.qualname,
    )  # fmt: skip
    unit.span, unit.graph, unit.bases, unit.too_large = lines.span(node), None, (), None  # type: ignore[misc]
    unit.is_async, unit.place = type(node).__name__ == "AsyncFunctionDef", place  # type: ignore[misc]
    unit.decorators, unit.cutting = decorators_of(lines, node), cutting  # type: ignore[misc]
    if unit.may_say(leading):
        unit.parameters, unit.returns = parameters_of(lines, node), returns_of(lines, node)  # type: ignore[misc]
    cutting.numbers[UnitKind.FUNCTION, place] = cutting.number
    found: list[CodeUnit] = [unit]
    for number in range(cutting.number + 1, cutting.number + 1 + cutting.inner):
        inner = object.__new__(InnerUnit)
        inner.index, inner.cutting = number, cutting  # type: ignore[misc]
        found.append(inner)
    return found


def _opened(cutting: Cutting) -> Mapping[int, CodeUnit]:
    from pgleak_lint.cfg.outline.units import FunctionOutline

    lines, node = _parsed(cutting, cutting.text)
    cutting.is_broken = node is None
    return FunctionOutline(cutting, lines).read(node) if node is not None else {}


def _header_of(cutting: Cutting) -> tuple[tuple[Parameter, ...], str | None]:
    """Parameters and the annotation of the result."""
    indent = len(cutting.text) - len(cutting.text.lstrip())
    lines, node = _parsed(cutting, f"{cutting.text[: cutting.header]}{' ' * indent} 0")
    if node is None:  # the body starts on a line of the header
        lines, node = _parsed(cutting, cutting.text)
    return (parameters_of(lines, node), returns_of(lines, node)) if node is not None else ((), None)


def _parsed(cutting: Cutting, text: str) -> tuple[Lines, FunctionNode | None]:
    """The lines of a function, or of its header, and its syntax tree: None if it is no Python."""
    if cutting.is_indented:
        text = "if 1:\n" + text
    lines = Lines(text.split("\n"), cutting.line - 1 - cutting.is_indented)
    try:
        tree: Any = parse(f"{text}\n\n")  # its last line may go on, on an empty one
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return lines, None
    node = tree.body[0].body[0] if cutting.is_indented else tree.body[0]
    return lines, node if hasattr(node, "args") else None
