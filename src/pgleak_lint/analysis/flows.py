"""Through which names the values of a module flow: who binds what, told by names alone.

What a name leads to is a set of bits. A call of a name shifts them by one: what ``HELD`` a value that an acquire gave,
``GIVES`` one when called, ``MAKES`` something that gives when called (``sessionmaker``). A ``return`` shifts back: the
function gives what it returns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from pgleak_lint._record import record
from pgleak_lint.analysis.names import ModuleIndex, UnitIndex
from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.cfg.ops import (
    Attr,
    Await,
    Build,
    Call,
    Copy,
    Declare,
    Import,
    Load,
    MakeFunction,
    SetAttr,
    Store,
    Temp,
    Unpack,
)
from pgleak_lint.cfg.outline.closed import ClosedUnit, is_closed_function
from pgleak_lint.cfg.passing import CALLERS, gives_on

HELD, GIVES, MAKES = 1, 2, 4
CALLABLE = GIVES | MAKES
ANY = HELD | GIVES | MAKES

_WORD = re.compile(r"\w+")

Origin = tuple[str, int, int]
"""A name, how many calls lie between it and the value, and which bits of it come through."""


@record
class Flow:
    """The value of ``origin`` comes to the name ``target``. ``returned``: by a ``return`` of the function of that name.
    ``visible``: other modules can use the target."""

    origin: Origin
    target: str
    returned: bool
    visible: bool


@record
class Said:
    """What an annotation says of the name ``target``: as much as a word in it, ``shift`` calls on, and no
    other bits than ``mask``."""

    target: str
    shift: int
    mask: int
    visible: bool


@record
class UnitFlows:
    """What is to be known of a unit. ``speaking`` are the words of annotations, with what each says; ``calls`` the
    origins of the callee and the arguments of each call, by the temp that it writes, None where the callee has no name."""

    flows: tuple[Flow, ...]
    speaking: tuple[tuple[str, Said], ...]
    calls: dict[Temp, frozenset[Origin] | None]

    @property
    def called(self) -> set[Origin | None]:
        """The origins of all calls, None among them if a callee has no name."""
        return {origin for origins in self.calls.values() for origin in (_NAMELESS if origins is None else origins)}


@record
class HeaderFlows:
    """What is to be known of the headers of units, each with the number of its unit."""

    flows: Sequence[tuple[int, Flow]]
    speaking: Sequence[tuple[int, str, Said]]


_NAMELESS = (None,)


class Flows:
    """The flows of one module, each unit's worked out when somebody asks."""

    def __init__(self, module: ModuleIndex) -> None:
        self.module = module
        self._inside: dict[int, UnitFlows] = {}
        self._outermost: dict[int, int] = {}

    def headers(self, words: frozenset[str]) -> HeaderFlows:
        """What the headers of all units say of those words."""
        saying = (unit for unit in self._closed if unit.may_say(words))
        said = [(unit.index, *said) for unit in saying for said in _said_by_header(unit)]
        return HeaderFlows(self._of_headers.flows, [*self._of_headers.speaking, *said])

    @cached_property
    def _closed(self) -> list[ClosedUnit]:
        return [unit for unit in self.module.units if is_closed_function(unit)]

    @cached_property
    def _of_headers(self) -> HeaderFlows:
        """What the headers of open units say, and of closed ones what is not said by annotations."""
        units = self.module.units
        said = [
            (unit.index, *said) for unit in units if not isinstance(unit, ClosedUnit) for said in _said_by_header(unit)
        ]
        return HeaderFlows([(unit.index, flow) for unit in units for flow in _header(unit, units)], said)

    def outermost(self, number: int) -> int:
        """The outermost function, lambda or generator expression that a unit is, or stands in; -1 for a module and its classes."""
        if number not in self._outermost:
            unit = self.module.units[number]
            around = self.outermost(unit.parent) if unit.parent is not None else -1
            is_scope = unit.kind is not UnitKind.MODULE and unit.kind is not UnitKind.CLASS
            self._outermost[number] = number if around < 0 and is_scope else around
        return self._outermost[number]

    def inside(self, number: int) -> UnitFlows:
        """What the ops of a unit say."""
        if number not in self._inside:
            index = UnitIndex(self.module.units[number])  # not the module's, whose look-ups are kept as long as it is
            flows = tuple(_flows(index, self.module.units))
            self._inside[number] = UnitFlows(flows, tuple(_said_inside(index)), _calls(index, self.module.units))
        return self._inside[number]

    def makes(self, method: int) -> str | None:
        """The name of the class whose objects are not made without that unit."""
        parent = self.module.units[method].parent
        if parent is None or self.module.units[parent].kind is not UnitKind.CLASS:
            return None
        return self.module.units[parent].name if method in self.module.constructing(parent) else None


def _header(unit: CodeUnit, units: Sequence[CodeUnit]) -> Iterator[Flow]:
    for base in unit.bases:
        for word in _WORD.findall(base):
            yield Flow((word, 0, CALLABLE), unit.name, False, True)
    own = unit.first_parameter() if unit.parent is not None and "classmethod" in unit.decorators else None
    if unit.parent is not None and own is not None:
        yield Flow((units[unit.parent].name, 0, CALLABLE), own, False, False)


def _flows(index: UnitIndex, units: Sequence[CodeUnit]) -> Iterator[Flow]:
    unit = index.unit
    for kept in index.of(SetAttr):
        for origin in _origins(index, kept.src, units):
            yield Flow(origin, kept.attr, False, True)
    for op in index.of(Store):
        if op.name == "$return":
            for origin in _origins(index, op.src, units):
                yield Flow(origin, unit.name, True, True)
                if unit.decorators:  # a property gives without being called
                    yield Flow(origin, unit.name, False, True)
        elif op.name[0] != "$":
            visible = unit.kind in (UnitKind.MODULE, UnitKind.CLASS) or op.name in unit.global_names
            for origin in _origins(index, op.src, units):
                yield Flow(origin, op.name, False, visible)


def _said_by_header(unit: CodeUnit) -> Iterator[tuple[str, Said]]:
    if unit.returns:
        yield from _said(unit.returns, Said(unit.name, 0, MAKES, True))
    for parameter in unit.parameters:
        if parameter.annotation:
            yield from _said(parameter.annotation, Said(parameter.name, 1, ANY, False))


def _said_inside(index: UnitIndex) -> Iterator[tuple[str, Said]]:
    for declared in index.of(Declare):
        yield from _said(declared.annotation, Said(declared.target.rpartition(".")[2], 1, ANY, True))
    for op in index.of(Store):
        if op.annotation:
            yield from _said(op.annotation, Said(op.name, 1, ANY, True))
    for kept in index.of(SetAttr):
        if kept.annotation:
            yield from _said(kept.annotation, Said(kept.attr, 1, ANY, True))


def _said(annotation: str, said: Said) -> Iterator[tuple[str, Said]]:
    for word in _WORD.findall(annotation):
        yield word, said


def _calls(index: UnitIndex, units: Sequence[CodeUnit]) -> dict[Temp, frozenset[Origin] | None]:
    return {op.dst: _call(index, op, units) for op in index.of(Call)}


def _call(index: UnitIndex, call: Call, units: Sequence[CodeUnit]) -> frozenset[Origin] | None:
    match index.definition(call.func):
        case Load(name=name) | Attr(attr=name):
            handed_over = call.arguments if name in CALLERS else ()
            passed = (origin for argument in handed_over for origin in _origins(index, argument.value, units))
            return frozenset([(name, 0, ANY), *passed])
    return None


def _origins(index: UnitIndex, temp: Temp, units: Sequence[CodeUnit]) -> set[Origin]:
    """Where a value may come from, by name: that of all lambdas is the same."""
    found: set[Origin] = set()
    pending: list[tuple[Temp, int, int]] = [(temp, 0, ANY)]
    seen = {temp}
    while pending:
        current, shift, mask = pending.pop()
        for op in index.writers(current):
            inner: tuple[tuple[Temp, int, int], ...] = ()
            match op:
                case Load(name=name) | Attr(attr=name) | Import(name=str(name)):
                    found.add((name, shift, mask))
                case Call(func=func, arguments=arguments):
                    passed = arguments if _gives_on(index, func) else ()
                    inner = ((func, min(shift + 1, 3), mask), *((a.value, shift, mask) for a in passed))
                case Copy(src=src) | Await(src=src) | Unpack(src=src):
                    inner = ((src, shift, mask),)
                case MakeFunction(unit=made) if units[made].kind is UnitKind.LAMBDA:
                    found.add(("<lambda>", shift, mask))
                case Build(items=items):
                    inner = tuple((item, shift, mask) for item in items)
            for further in inner:
                if further[0] not in seen:
                    seen.add(further[0])
                    pending.append(further)
    return found


def _gives_on(index: UnitIndex, func: Temp) -> bool:
    match index.definition(func):
        case Load(name=name) | Attr(attr=name):
            return gives_on(name)
    return False
