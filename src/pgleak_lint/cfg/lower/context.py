"""The state of lowering one code unit: its builder, its names, and what encloses the statement in hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EdgeKind, Parameter
from pgleak_lint.cfg.lower.builder import GraphBuilder
from pgleak_lint.cfg.lower.continuations import Frame, exceptional_target, unwind
from pgleak_lint.cfg.names import comprehension_variable
from pgleak_lint.cfg.raising import kinds_of
from pgleak_lint.source.span import NO_SPAN, Span

if TYPE_CHECKING:
    from pgleak_lint.cfg.lower.units import ModuleLowering


class UnitLowering:
    """``bound``, ``used``, ``global_names`` and ``nonlocal_names`` fill while statements are lowered; ``frame`` is the innermost
    enclosing loop, ``try``, ``finally``, ``with`` or handler."""

    def __init__(self, module: ModuleLowering, index: int, qualname: str, *, is_module: bool, max_blocks: int) -> None:
        self.module = module
        self.index = index
        self.qualname = qualname
        self.is_module = is_module
        self.builder = GraphBuilder(max_blocks)
        self.frame: Frame | None = None
        self.bound: set[str] = set()
        self.used: set[str] = set()
        self.global_names: set[str] = set()
        self.nonlocal_names: set[str] = set()
        self.parameters: list[Parameter] = []
        self.is_generator = False
        self._renamed: list[Mapping[str, str]] = []
        self._inherited: list[Mapping[str, str]] = []

    # -- text and names ----------------------------------------------------------------------------

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands."""
        return self.module.positions.get(id(node), NO_SPAN)

    def text(self, node: cst.CSTNode) -> str:
        """The source of a node."""
        return self.module.tree.code_for_node(node).strip()

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

    def inherit_names(self, parent: UnitLowering, own: Iterable[str]) -> None:
        """Take over what the comprehensions around this unit renamed, but for the names that are its ``own``."""
        if parent._renamed:
            self._inherited = [*parent._renamed, {name: name for name in own}]
            self._renamed = list(self._inherited)

    @contextmanager
    def elsewhere(self, frame: Frame | None, block: int) -> Iterator[None]:
        """Lower in ``block`` what stands directly in ``frame``, wherever the statement in hand is. A handler is lowered when
        the first exception needs it, which may be in the middle of a comprehension: its names are none of the handler's."""
        saved = (self.builder.current, self.frame, self._renamed)
        self.builder.current, self.frame, self._renamed = block, frame, list(self._inherited)
        try:
            yield
        finally:
            self.builder.current, self.frame, self._renamed = saved

    @contextmanager
    def renaming(self, target: cst.CSTNode, names: Sequence[str]) -> Iterator[None]:
        """Give the names of a comprehension's target variables of their own: the same ones each time that it is lowered."""
        span = self.span(target)
        self._renamed.append({name: comprehension_variable(name, span) for name in names})
        try:
            yield
        finally:
            self._renamed.pop()

    # -- ops ---------------------------------------------------------------------------------------

    def temp(self) -> ops.Temp:
        """A fresh temp."""
        return self.builder.temp()

    def emit(self, op: ops.Op) -> None:
        """Append an op. Where it may raise its block ends, with an edge for each kind of exception."""
        kinds = kinds_of(op)
        if kinds:
            self.emit_raising(op, kinds)
        else:
            self.builder.emit(op)

    def emit_raising(
        self, op: ops.Op, kinds: Sequence[EdgeKind], *, raised: str | None = None, returns: bool = True
    ) -> None:
        """Append an op that raises those kinds; ``returns``: it may also complete."""
        builder = self.builder
        builder.emit(op)
        block = builder.current
        if block is None:
            return
        if returns:
            following = builder.new_block()
            builder.add_edge(block, following, EdgeKind.NORMAL)
            builder.current = following
        else:
            builder.current = None
        for kind in kinds:
            known = raised if kind is EdgeKind.EXCEPTION else None
            builder.add_edge(block, exceptional_target(self, self.frame, kind, known), kind, known)

    def load(self, variable: str, span: Span) -> ops.Temp:
        """The value of a pseudo-variable."""
        temp = self.temp()
        self.emit(ops.Load(temp, variable, span))
        return temp

    def keep(self, temp: ops.Temp, prefix: str, span: Span) -> str:
        """Store a value that is read more than once."""
        variable = self.builder.pseudo(prefix)
        self.emit(ops.Store(variable, temp, span))
        return variable

    def leave(self, stop: Frame | None, target: int) -> None:
        """Run what stands between here and ``stop`` (``finally`` bodies, context managers), then jump."""
        unwind(self, stop)
        if self.builder.current is not None:
            self.builder.jump(target)
