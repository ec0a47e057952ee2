"""The state of outlining one code unit, and the list of a module's units."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, Union

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import CodeUnit, Parameter, UnitKind
from pgleak_lint.cfg.names import comprehension_variable
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.cfg.outline.closed import ClosedUnit, Cutting, closed_unit, spelled
from pgleak_lint.cfg.outline.named import FunctionNode, InnerNode, look_into
from pgleak_lint.source.span import Span

_tuple = tuple.__new__

UnitNode = Union[ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp]


class Placed(Protocol):
    """A node of `ast` with a position."""

    lineno: int
    col_offset: int

    @property
    def end_lineno(self) -> int | None: ...

    @property
    def end_col_offset(self) -> int | None: ...


class ModuleOutline:
    """Outlines a module: ``numbers`` grow in the order in which the units are met, behind their parents. Functions that use none
    of the names ``leading`` may stay closed; None: none does."""

    def __init__(self, tree: ast.Module, lines: list[str], leading: frozenset[str] | None = None) -> None:
        self._tree = tree
        self._lines = lines
        self._leading = leading
        self._is_ascii = None if all(map(str.isascii, lines)) else [line.isascii() for line in lines]
        self._units: list[CodeUnit | None] = []
        self._free_inside: dict[int, set[str]] = {}

    def units(self) -> tuple[CodeUnit, ...]:
        """The units, the module first."""
        self.add(UnitKind.MODULE, self._tree, None, "<module>")
        return tuple(unit for unit in self._units if unit is not None)

    def add(self, kind: UnitKind, node: UnitNode, parent: UnitOutline | None, name: str) -> int:
        """Outline one unit; its number."""
        number = len(self._units)
        self._units.append(None)
        unit = UnitOutline(self, number, parent, name)
        unit.has_no_scope_around = parent is None or (kind is UnitKind.CLASS and parent.has_no_scope_around)
        self._units[number] = self._closed(unit, node, parent) or self._read(unit, kind, node, parent)
        return number

    def _closed(self, unit: UnitOutline, node: UnitNode, parent: UnitOutline | None) -> CodeUnit | None:
        """The unit unread, where it is a function that can wait, and so all units in it."""
        if self._leading is None or parent is None or not parent.has_no_scope_around:
            return None
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not self._can_be_cut_out(node):
            return None
        seen = look_into(node)
        if seen is None or not self._leading.isdisjoint(seen[0]):
            return None
        names, inner = seen
        text = "\n".join(self._lines[node.lineno - 1 : node.end_lineno])
        cutting = Cutting(text, node.lineno, node.col_offset > 0, unit.qualname, spelled(names))
        closed = self._unread(unit, _KINDS[type(node)], node, parent, cutting)
        around = [unit]
        for child, position in inner:
            outline = UnitOutline(self, len(self._units), around[position], _name_of(child))
            around.append(outline)
            self._units.append(self._unread(outline, _KINDS[type(child)], child, around[position], cutting))
        return closed

    def _can_be_cut_out(self, node: FunctionNode) -> bool:
        """Whether nothing stands before it on its line, and no line that goes on."""
        before = self._lines[node.lineno - 1].encode("utf-8", "surrogatepass")[: node.col_offset]
        return not before.strip(b" \t") and not (before and node.lineno == 1)

    def _unread(
        self, unit: UnitOutline, kind: UnitKind, node: InnerNode, parent: UnitOutline, cutting: Cutting
    ) -> ClosedUnit:
        from pgleak_lint.cfg.outline.statements import outline_parameters

        if not isinstance(node, ast.GeneratorExp):
            outline_parameters(unit, node.args)
        place = self._place(node)
        cutting.numbers[kind, place] = unit.number
        header = {
            "index": unit.number,
            "parent": parent.number,
            "kind": kind,
            "name": unit.name,
            "qualname": unit.qualname,
            "span": self.span(node),
            "parameters": tuple(unit.parameters),
            "returns": self._returns(node),
            "decorators": self._decorators(node),
            "is_async": isinstance(node, ast.AsyncFunctionDef),
            "place": place,
        }
        return closed_unit(header, cutting)

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
            span=self._whole() if isinstance(node, ast.Module) else self.span(node),
            graph=None,
            parameters=tuple(unit.parameters),
            returns=self._returns(node),
            decorators=self._decorators(node),
            bases=tuple(self.text(_unstarred(base)) for base in node.bases) if isinstance(node, ast.ClassDef) else (),
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

    def _returns(self, node: UnitNode) -> str | None:
        annotation = getattr(node, "returns", None)
        return self.text(annotation) if annotation is not None else None

    def _decorators(self, node: UnitNode) -> tuple[str, ...]:
        return tuple(map(self.text, getattr(node, "decorator_list", ())))

    def _place(self, node: UnitNode) -> tuple[int, int]:
        if isinstance(node, ast.Module):
            return (0, 0)
        # Whether the parentheses of a call are a generator expression's own depends on the parser.
        return self.span(node.elt if isinstance(node, ast.GeneratorExp) else node)[:2]

    # -- positions and texts -----------------------------------------------------------------------

    def _whole(self) -> Span:
        return Span(1, 1, len(self._lines), len(self._lines[-1]) + 1)

    def _among_lines(self, node: Placed) -> Span:
        """Where a node stands, in characters: `ast` counts bytes."""
        line, end_line = node.lineno, node.end_lineno or node.lineno
        column, end_column = node.col_offset, node.end_col_offset or 0
        if self._is_ascii is not None:
            if not self._is_ascii[line - 1]:
                column = self._characters(line, column)
            if not self._is_ascii[end_line - 1]:
                end_column = self._characters(end_line, end_column)
        return _tuple(Span, (line, column + 1, end_line, end_column + 1))  # made most often of all

    span = _among_lines

    def _characters(self, line: int, column: int) -> int:
        return len(self._lines[line - 1].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))

    def text(self, node: ast.expr) -> str:
        """The source of an expression."""
        line, column, end_line, end_column = self._among_lines(node)
        if line == end_line:
            return self._lines[line - 1][column - 1 : end_column - 1]
        inner = self._lines[line : end_line - 1]
        return "\n".join([self._lines[line - 1][column - 1 :], *inner, self._lines[end_line - 1][: end_column - 1]])


class FunctionOutline(ModuleOutline):
    """Outlines a function that was closed, and all in it, from its own lines. ``above``: how many lines of the module stand before them."""

    def __init__(self, cutting: Cutting, lines: list[str], above: int) -> None:
        super().__init__(ast.Module([], []), lines)
        self._cutting = cutting
        self._above = above
        self._made: dict[int, CodeUnit] = {}

    def read(self, node: FunctionNode) -> Mapping[int, CodeUnit]:
        """The units with their ops, by number."""
        self.add(UnitKind.FUNCTION, node, None, self._cutting.qualname)
        return self._made

    def add(self, kind: UnitKind, node: UnitNode, parent: UnitOutline | None, name: str) -> int:
        """Outline one unit; the number that it had when it was closed."""
        number = self._cutting.numbers[kind, self._place(node)]
        self._made[number] = self._read(UnitOutline(self, number, parent, name), kind, node, parent)
        return number

    def span(self, node: Placed) -> Span:
        """Where a node stands in the module."""
        line, column, end_line, end_column = self._among_lines(node)
        return Span(line + self._above, column, end_line + self._above, end_column)


_KINDS: Mapping[type, UnitKind] = {
    ast.FunctionDef: UnitKind.FUNCTION,
    ast.AsyncFunctionDef: UnitKind.FUNCTION,
    ast.Lambda: UnitKind.LAMBDA,
    ast.GeneratorExp: UnitKind.GENERATOR_EXPRESSION,
}


def _name_of(node: InnerNode) -> str:
    match node:
        case ast.Lambda():
            return "<lambda>"
        case ast.GeneratorExp():
            return "<genexpr>"
    return node.name


def _unstarred(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Starred) else node


class UnitOutline:
    """``ops`` and names fill while statements are outlined. Temps count down from -1, so that they differ from those of the
    unit's graph. ``alive``: control can reach this point. ``has_no_scope_around``: its names are the module's or a class's."""

    def __init__(self, module: ModuleOutline, number: int, parent: UnitOutline | None, name: str) -> None:
        self.module = module
        self.span = module.span
        self.number = number
        self.name = name
        self.qualname: str = name if parent is None or parent.number == 0 else f"{parent.qualname}.{name}"
        self.ops: list[ops.Op] = []
        self.alive = True
        self.broken = False
        self.bound: set[str] = set()
        self.used: set[str] = set()
        self.global_names: set[str] = set()
        self.nonlocal_names: set[str] = set()
        self.parameters: list[Parameter] = []
        self.is_generator = False
        self.has_no_scope_around = False
        self.tries = False
        self._last_temp = 0
        self._pseudos = 0
        self._renamed: list[Mapping[str, str]] = list(parent._renamed) if parent is not None else []

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
