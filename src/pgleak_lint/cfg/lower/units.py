"""Code units: every piece of code with a namespace of its own, lowered once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Union

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import CodeModule, CodeUnit, ExitKind, Parameter, UnitKind
from pgleak_lint.cfg.lower.builder import TooManyBlocks
from pgleak_lint.cfg.lower.context import UnitLowering
from pgleak_lint.cfg.lower.expressions import lower_expression
from pgleak_lint.cfg.lower.loops import lower_comp_for
from pgleak_lint.cfg.lower.statements import lower_body, lower_suite
from pgleak_lint.source.positions import find_positions
from pgleak_lint.source.span import NO_SPAN, Span

Place = tuple[UnitKind, tuple[int, int]]
"""By which a unit is found again in another parse of the same text: its kind, line and column."""
UnitNode = Union[cst.Module, cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.GeneratorExp]

MAX_BLOCKS = 5_000
BLOCKS_PER_LINE = 40
"""Far more than honest code needs; what needs more has ``finally`` nested in ``finally``, which doubles at each level."""


class ModuleLowering:
    """Lowers a module. A unit that is met several times (in a ``finally`` that is lowered anew for each way of leaving) is
    one unit."""

    def __init__(
        self,
        tree: cst.Module,
        max_blocks: int = MAX_BLOCKS,
        *,
        above: int = 0,
        numbers: Mapping[Place, int] | None = None,
    ) -> None:
        self.tree = tree
        self.positions = find_positions(tree, above=above)
        self._max_blocks = max_blocks
        self._numbers = numbers
        self._units: dict[int, CodeUnit | None] = {}
        self._known: dict[int, int] = {}
        self._free_inside: dict[int, set[str]] = {}

    def lower(self) -> CodeModule:
        """All units of the module."""
        self.lower_unit(UnitKind.MODULE, self.tree, None, "<module>")
        return CodeModule(tuple(unit for unit in self._units.values() if unit is not None))

    def lower_function(self, node: cst.FunctionDef) -> Mapping[int, CodeUnit]:
        """A function and the units inside it, by their numbers."""
        self.lower_unit(UnitKind.FUNCTION, node, None, node.name.value)
        return {number: unit for number, unit in self._units.items() if unit is not None}

    def lower_unit(self, kind: UnitKind, node: UnitNode, parent: UnitLowering | None, name: str) -> int:
        """The index of the unit that ``node`` is."""
        if id(node) in self._known:
            return self._known[id(node)]
        span = self.positions.get(id(node), NO_SPAN)
        index = self._known[id(node)] = self._number(kind, node, span)
        self._units[index] = None
        qualname = name if parent is None or parent.is_module else f"{parent.qualname}.{name}"
        most = self._max_blocks + BLOCKS_PER_LINE * (span.end_line - span.line + 1)
        unit = UnitLowering(self, index, qualname, is_module=kind is UnitKind.MODULE, max_blocks=most)
        if parent is not None:
            unit.inherit_names(parent, _parameter_names(node))
        too_large = None
        try:
            _lower_node(unit, kind, node)
        except TooManyBlocks:
            too_large = f"`{name}` has more than {most:,} basic blocks; it was not analysed"
            for inner_kind, inner, inner_name in _nested(node):
                self.lower_unit(inner_kind, inner, unit, inner_name)
        self._units[index] = self._finish(unit, kind, node, parent, name, too_large)
        return index

    def _number(self, kind: UnitKind, node: UnitNode, span: Span) -> int:
        if self._numbers is None:
            return len(self._units)
        at = self.positions.get(id(node.elt), span) if isinstance(node, cst.GeneratorExp) else span
        return self._numbers[kind, (0, 0) if kind is UnitKind.MODULE else at[:2]]

    def _finish(
        self,
        unit: UnitLowering,
        kind: UnitKind,
        node: UnitNode,
        parent: UnitLowering | None,
        name: str,
        too_large: str | None,
    ) -> CodeUnit:
        declared = unit.global_names | unit.nonlocal_names
        bound = frozenset(unit.bound - declared)
        free = set(unit.used | declared) - bound
        # What a class binds is not visible in its methods, so they can't mean it.
        inner = self._free_inside.pop(unit.index, set())
        free |= inner if kind is UnitKind.CLASS else inner - bound
        if parent is not None:
            self._free_inside.setdefault(parent.index, set()).update(free)
        return CodeUnit(
            index=unit.index,
            parent=parent.index if parent is not None else None,
            kind=kind,
            name=name,
            qualname=unit.qualname,
            span=self.positions.get(id(node), NO_SPAN),
            graph=None if too_large else unit.builder.finish(),
            parameters=tuple(unit.parameters),
            returns=unit.text(node.returns.annotation) if isinstance(node, cst.FunctionDef) and node.returns else None,
            decorators=_decorators(unit, node),
            bases=tuple(unit.text(base.value) for base in node.bases) if isinstance(node, cst.ClassDef) else (),
            is_async=isinstance(node, cst.FunctionDef) and node.asynchronous is not None,
            is_generator=unit.is_generator,
            bound=bound,
            free=frozenset(free),
            global_names=frozenset(unit.global_names),
            nonlocal_names=frozenset(unit.nonlocal_names),
            too_large=too_large,
        )


def _parameter_names(node: UnitNode) -> Iterator[str]:
    if isinstance(node, cst.FunctionDef | cst.Lambda):
        params = node.params
        for parameter in (*params.posonly_params, *params.params, *params.kwonly_params):
            yield parameter.name.value
        for special in (params.star_arg, params.star_kwarg):
            if isinstance(special, cst.Param):
                yield special.name.value


def _decorators(unit: UnitLowering, node: UnitNode) -> tuple[str, ...]:
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        return tuple(unit.text(decorator.decorator) for decorator in node.decorators)
    return ()


def _lower_node(unit: UnitLowering, kind: UnitKind, node: UnitNode) -> None:
    """The graph of one unit, from its entry to falling off its end."""
    match node:
        case cst.Module():
            lower_body(unit, node.body)
        case cst.ClassDef():
            lower_suite(unit, node.body)
        case cst.FunctionDef():
            _read_parameters(unit, node.params)
            lower_suite(unit, node.body)
        case cst.Lambda():
            _read_parameters(unit, node.params)
            unit.emit(ops.Store("$return", lower_expression(unit, node.body), unit.span(node.body)))
            unit.emit(ops.Leave("return", unit.span(node.body)))
            unit.builder.jump(unit.builder.exits[ExitKind.RETURN])
        case cst.GeneratorExp():
            _lower_generator(unit, node)
    if unit.builder.current is not None:
        unit.emit(ops.Leave("end", unit.span(node)))
        unit.builder.jump(unit.builder.exits[ExitKind.RETURN])


def _lower_generator(unit: UnitLowering, node: cst.GeneratorExp) -> None:
    """Its first iterable was evaluated outside, and comes in as an iterator."""
    unit.is_generator = True
    span, temp = unit.span(node.for_in.iter), unit.temp()
    unit.emit(ops.Unknown(temp, span))
    iterator = unit.keep(temp, "iter", span)

    def give() -> None:
        value, sent = lower_expression(unit, node.elt), unit.temp()
        unit.emit(ops.Yield(sent, value, unit.span(node.elt)))
        unit.emit(ops.Drop(sent, unit.span(node.elt)))

    lower_comp_for(unit, node.for_in, give, iterator)


def _read_parameters(unit: UnitLowering, parameters: cst.Parameters) -> None:
    for kind, group in (
        ("positional-only", parameters.posonly_params),
        ("positional", parameters.params),
        ("*", [parameters.star_arg] if isinstance(parameters.star_arg, cst.Param) else []),
        ("keyword-only", parameters.kwonly_params),
        ("**", [parameters.star_kwarg] if parameters.star_kwarg is not None else []),
    ):
        for parameter in group:
            unit.bound.add(parameter.name.value)
            annotation = unit.text(parameter.annotation.annotation) if parameter.annotation is not None else None
            default = unit.text(parameter.default) if parameter.default is not None else None
            unit.parameters.append(Parameter(parameter.name.value, kind, annotation, default))


def _nested(node: UnitNode) -> Iterator[tuple[UnitKind, UnitNode, str]]:
    """The units directly inside a unit that was too large to lower."""
    pending: list[cst.CSTNode] = list(node.children)
    while pending:
        inner = pending.pop()
        if isinstance(inner, cst.FunctionDef):
            yield UnitKind.FUNCTION, inner, inner.name.value
        elif isinstance(inner, cst.ClassDef):
            yield UnitKind.CLASS, inner, inner.name.value
        elif isinstance(inner, cst.Lambda):
            yield UnitKind.LAMBDA, inner, "<lambda>"
        elif isinstance(inner, cst.GeneratorExp):
            yield UnitKind.GENERATOR_EXPRESSION, inner, "<genexpr>"
        else:
            pending.extend(inner.children)
