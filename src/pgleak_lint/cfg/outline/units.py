"""The state of outlining one code unit, and the list of a module's units."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import CodeUnit, Parameter, UnitKind
from pgleak_lint.cfg.names import comprehension_variable
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.cfg.outline.closed import Cutting, closed_units, spelled
from pgleak_lint.cfg.outline.headers import UnitNode, bases_of, decorators_of, returns_of
from pgleak_lint.cfg.outline.lines import Lines
from pgleak_lint.cfg.outline.named import FunctionNode, look_into
from pgleak_lint.cfg.outline.skeleton import Cut, Head
from pgleak_lint.source.span import Span


class ModuleOutline:
    """Outlines a module: ``numbers`` grow in the order in which the units are met, behind their parents. Functions that use none
    of the names ``leading`` may stay closed; None: none does. ``cuts`` are those without a body in the tree."""

    def __init__(
        self,
        tree: ast.Module,
        lines: Lines,
        leading: frozenset[str] | None = None,
        cuts: Mapping[Head, Cut] | None = None,
    ) -> None:
        self._tree = tree
        self.lines = lines
        self.span, self.text = lines.span, lines.text
        self._leading = leading
        self._cuts = dict(cuts or {})
        self._units: list[CodeUnit | None] = []
        self._free_inside: dict[int, set[str]] = {}

    def units(self) -> tuple[CodeUnit, ...]:
        """The units, the module first. Raises `Misplaced` where a function that was cut out is none."""
        self.add(UnitKind.MODULE, self._tree, None, "<module>")
        if self._cuts:
            raise Misplaced
        return tuple(unit for unit in self._units if unit is not None)

    def add(self, kind: UnitKind, node: UnitNode, parent: UnitOutline | None, name: str) -> int:
        """Outline one unit; its number."""
        number = len(self._units)
        leading = self._leading
        cutting = self._cutting(number, node, parent, leading) if leading is not None and parent is not None else None
        if cutting is not None and parent is not None and leading is not None:
            function, place = cast("FunctionNode", node), self._place(node)
            self._units += closed_units(
                function, self.lines, leading, parent=parent.number, place=place, cutting=cutting
            )
            return number
        self._units.append(None)
        unit = UnitOutline(self, number, parent, name)
        unit.has_no_scope_around = parent is None or (kind is UnitKind.CLASS and parent.has_no_scope_around)
        self._units[number] = self._read(unit, kind, node, parent)
        return number

    def _cutting(self, number: int, node: UnitNode, parent: UnitOutline, leading: frozenset[str]) -> Cutting | None:
        """A function that can wait, and so all units in it."""
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not parent.has_no_scope_around:
            return None
        line, qualname = node.lineno, parent.qualname_of(node.name)
        cut = self._cuts.pop((line, node.col_offset), None) if self._cuts and len(node.body) == 1 else None
        if cut is not None:
            return Cutting(cut.text, line, node.col_offset > 0, qualname, number, cut.inner, cut.header, None, cut.code)
        seen = look_into(node) if self._can_be_cut_out(node) else None
        if seen is None or not leading.isdisjoint(seen.names):
            return None
        lines = self.lines.lines
        text = "\n".join(lines[line - 1 : node.end_lineno])
        header = sum(len(above) + 1 for above in lines[line - 1 : node.body[0].lineno - 1])
        return Cutting(text, line, node.col_offset > 0, qualname, number, seen.units, header, spelled(seen.names))

    def _can_be_cut_out(self, node: FunctionNode) -> bool:
        """Whether nothing stands before it on its line, and no line that goes on."""
        before = self.lines.lines[node.lineno - 1].encode("utf-8", "surrogatepass")[: node.col_offset]
        return not before.strip(b" \t") and not (before and node.lineno == 1)

    def _read(self, unit: UnitOutline, kind: UnitKind, node: UnitNode, parent: UnitOutline | None) -> CodeUnit:
        from pgleak_lint.cfg.outline.statements import outline_unit

        outline_unit(unit, node)
        declared = unit.global_names | unit.nonlocal_names
        bound = frozenset(unit.bound - declared)
        free = set(unit.used | declared) - bound
        # What a class binds is not visible in its methods, so they can't mean it.
        inner = self._free_inside.pop(unit.number, set())
        free |= inner if kind is UnitKind.CLASS else inner - bound
        if parent is not None:
            self._free_inside.setdefault(parent.number, set()).update(free)
        return CodeUnit(
            index=unit.number,
            parent=parent.number if parent is not None else None,
            kind=kind,
            name=unit.name,
            qualname=unit.qualname,
            span=self.lines.whole() if isinstance(node, ast.Module) else self.span(node),
            graph=None,
            parameters=unit.parameters,
            returns=returns_of(self.lines, node),
            decorators=decorators_of(self.lines, node),
            bases=bases_of(self.lines, node),
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=unit.is_generator,
            bound=bound,
            free=frozenset(free),
            global_names=frozenset(unit.global_names),
            nonlocal_names=frozenset(unit.nonlocal_names),
            outline=tuple(unit.ops),
            place=self._place(node),
            tries=unit.tries,
        )

    def _place(self, node: UnitNode) -> tuple[int, int]:
        if isinstance(node, ast.Module):
            return (0, 0)
        # Whether the parentheses of a call are a generator expression's own depends on the parser.
        return self.span(node.elt if isinstance(node, ast.GeneratorExp) else node)[:2]


class Misplaced(Exception):
    """The text is no Python, or it is written in a way in which bodies of functions can't be told from its lines."""


class FunctionOutline(ModuleOutline):
    """Outlines a function that was closed, and all in it, from its own lines."""

    def __init__(self, cutting: Cutting, lines: Lines) -> None:
        super().__init__(ast.Module([], []), lines)
        self._cutting_out = cutting
        self._made: dict[int, CodeUnit] = {}

    def read(self, node: FunctionNode) -> Mapping[int, CodeUnit]:
        """The units with their ops, by number."""
        self.add(UnitKind.FUNCTION, node, None, self._cutting_out.qualname)
        return self._made

    def add(self, kind: UnitKind, node: UnitNode, parent: UnitOutline | None, name: str) -> int:
        """Outline one unit; its number."""
        number = self._cutting_out.number_of(kind, self._place(node))
        self._made[number] = self._read(UnitOutline(self, number, parent, name), kind, node, parent)
        return number


class UnitOutline:
    """``ops`` and names fill while statements are outlined. Temps count down from -1, so that they differ from those of the
    unit's graph. ``alive``: control can reach this point. ``has_no_scope_around``: its names are the module's or a class's."""

    def __init__(self, module: ModuleOutline, number: int, parent: UnitOutline | None, name: str) -> None:
        self.module = module
        self.span = module.span
        self.number = number
        self.name = name
        self.qualname: str = name if parent is None else parent.qualname_of(name)
        self.ops: list[ops.Op] = []
        self.alive = True
        self.broken = False
        self.bound: set[str] = set()
        self.used: set[str] = set()
        self.global_names: set[str] = set()
        self.nonlocal_names: set[str] = set()
        self.parameters: tuple[Parameter, ...] = ()
        self.is_generator = False
        self.has_no_scope_around = False
        self.tries = False
        self._last_temp = 0
        self._pseudos = 0
        self._renamed: list[Mapping[str, str]] = list(parent._renamed) if parent is not None else []

    def qualname_of(self, name: str) -> str:
        """What a unit of that name is called that stands in this one."""
        return name if self.number == 0 else f"{self.qualname}.{name}"

    def temp(self) -> Temp:
        """A fresh temp."""
        self._last_temp -= 1
        return self._last_temp

    def emit(self, op: ops.Op) -> None:
        """Append an op, where control can come."""
        if self.alive:
            self.ops.append(op)

    def variable(self, name: str) -> str:
        """The variable that a name means here: the targets of a comprehension are renamed."""
        for names in reversed(self._renamed):
            if name in names:
                return names[name]
        return name

    def bind(self, name: str) -> str:
        """The variable for a name that is bound here."""
        variable = self.variable(name)
        self.bound.add(variable)
        return variable

    def hide(self, names: Iterable[str]) -> None:
        """Names of the unit's own, whatever comprehensions around it call so."""
        if self._renamed:
            self._renamed.append({name: name for name in names})

    @contextmanager
    def renaming(self, target: ast.expr) -> Iterator[None]:
        """Give the names of a comprehension's target variables of their own."""
        names = {}
        for node in _target_names(target):
            names[node.id] = comprehension_variable(node.id, self.span(target))
        self._renamed.append(names)
        try:
            yield
        finally:
            self._renamed.pop()

    def load(self, variable: str, span: Span) -> Temp:
        """The value of a pseudo-variable."""
        temp = self.temp()
        self.emit(ops.Load(temp, variable, span))
        return temp

    def keep(self, temp: Temp, prefix: str, span: Span) -> str:
        """Store a value that is read more than once. The names differ from those of the unit's graph."""
        self._pseudos += 1
        variable = f"${prefix}-{self._pseudos}"
        self.emit(ops.Store(variable, temp, span))
        return variable


def _target_names(target: ast.expr) -> Iterator[ast.Name]:
    if isinstance(target, ast.Name):
        yield target
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _target_names(element)
    elif isinstance(target, ast.Starred):
        yield from _target_names(target.value)
