"""The control-flow graph of one code unit, and the units of one module.

A graph knows Python and nothing else: no driver, no resource. What only some callers know (that ``len`` does
not raise, that a context manager swallows exceptions, that nothing throws into a plain generator) is decided
later by not following an edge; the edge is there all the same.
"""

from __future__ import annotations

import enum
from typing import Protocol

from pgleak_lint._record import record
from pgleak_lint.cfg.ops import Op
from pgleak_lint.source.span import Span


class EdgeKind(enum.Enum):
    """Why control passes along an edge."""

    NORMAL = "normal"
    TRUE = "true"
    FALSE = "false"
    EXCEPTION = "exception"
    CANCELLATION = "cancellation"
    GENERATOR_CLOSE = "generator-close"
    SYSTEM_EXIT = "system-exit"
    SWALLOW = "swallow"
    """A context manager's exit swallows the pending exception; control goes on behind the ``with``."""


EXCEPTIONAL = frozenset({EdgeKind.EXCEPTION, EdgeKind.CANCELLATION, EdgeKind.GENERATOR_CLOSE, EdgeKind.SYSTEM_EXIT})
"""The kinds on which the raising op has not completed."""


class ExitKind(enum.Enum):
    """How a code unit is left."""

    RETURN = "return"
    EXCEPTION = "exception"
    CANCELLATION = "cancellation"
    GENERATOR_CLOSE = "generator-close"
    PROCESS_END = "process-end"
    """``SystemExit`` leaves the unit: whatever is held is given back by the end of the process."""


@record
class Edge:
    """One successor. ``raised`` is the dotted source name of the exception's class where the text shows it
    (``raise ValueError(…)``), on `EXCEPTION` edges only."""

    target: int
    kind: EdgeKind
    raised: str | None = None


@record
class BasicBlock:
    """Ops that run in order. Only the last may raise, branch or leave.

    * ``edges`` are in a fixed order: normal or true, false, then swallow, then the exceptional ones.
    * A block whose last op is `Branch` or `Next` has exactly one ``TRUE`` and one ``FALSE`` edge.
    * A block without ops may have several exceptional edges: it chooses among handlers, and any may match.
    * The exit blocks have neither ops nor edges.
    """

    id: int
    ops: tuple[Op, ...]
    edges: tuple[Edge, ...]


@record
class ControlFlowGraph:
    """``blocks[i].id == i``. Every block but the exits is reachable from ``entry``; each exit kind has exactly one
    block, reachable or not."""

    blocks: tuple[BasicBlock, ...]
    entry: int
    exits: tuple[tuple[ExitKind, int], ...]


class UnitKind(enum.Enum):
    """What a code unit was in the source."""

    MODULE = "module"
    FUNCTION = "function"
    LAMBDA = "lambda"
    CLASS = "class"
    GENERATOR_EXPRESSION = "generator-expression"


@record
class Parameter:
    """``kind``: ``positional-only``, ``positional``, ``keyword-only``, ``*`` or ``**``. ``default`` is the source text."""

    name: str
    kind: str
    annotation: str | None = None
    default: str | None = None


@record
class CodeUnit:
    """One piece of code with a namespace of its own.

    ``qualname`` joins the enclosing names with dots (``Repo.load``, ``outer.inner``); the module is ``<module>``, a
    lambda ``outer.<lambda>``, a generator expression ``outer.<genexpr>``. ``parent`` is an index into
    `CodeModule.units`, None for the module. ``bases`` and ``decorators`` are source texts (a decorator without
    ``@``). ``bound`` are the names that the unit binds itself (parameters included, names declared global
    or nonlocal excluded), ``free`` the other names it or a unit inside it reads or writes. ``span`` is the
    header: from ``def``/``class``/``async`` (not the decorators) to the end of the whole definition.
    ``graph`` is None where the unit was too large to lower (`too_large` says why), and where it was not lowered yet: then
    ``outline`` has its ops in the order of the text, and `CodeModule.lowered` makes the graph. ``place`` is the line and
    column by which the unit is found again. ``tries``: there is a ``try`` in what was outlined.
    """

    index: int
    parent: int | None
    kind: UnitKind
    name: str
    qualname: str
    span: Span
    graph: ControlFlowGraph | None
    parameters: tuple[Parameter, ...] = ()
    returns: str | None = None
    decorators: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    is_async: bool = False
    is_generator: bool = False
    bound: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    global_names: frozenset[str] = frozenset()
    nonlocal_names: frozenset[str] = frozenset()
    too_large: str | None = None
    outline: tuple[Op, ...] | None = None
    place: tuple[int, int] = (0, 0)
    tries: bool = False

    def first_parameter(self) -> str | None:
        """The name of the first one."""
        return self.parameters[0].name if self.parameters else None

    def may_mention(self, word: str) -> bool:
        """A cheap no to whether that word is in the unit's text."""
        return True

    def may_use(self, name: str) -> bool:
        """A cheap no to whether the unit reads a variable or an attribute of that name for more than one of its attributes."""
        return True

    def may_store(self, attr: str) -> bool:
        """A cheap no to whether the unit sets an attribute of that name, or something under that key."""
        return True


@record
class CodeModule:
    """All code units of one file; ``units[0]`` is the module itself, and a unit stands behind its parent. ``lowering`` makes
    the graphs of outlined units; None where all units are lowered."""

    units: tuple[CodeUnit, ...]
    lowering: Lowering | None = None

    def lowered(self, number: int) -> CodeUnit:
        """The unit with its graph. Raises what the parser raises."""
        return self.units[number] if self.lowering is None else self.lowering.lowered(number)


class Lowering(Protocol):
    """Lowers outlined units when they are asked for."""

    def lowered(self, number: int) -> CodeUnit:
        """The unit with its graph."""
