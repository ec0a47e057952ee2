"""The few operations that a basic block can hold.

Lowering turns Python into a small register language. Two kinds of places hold values:

* a *temp* (an ``int``) holds the value of a sub-expression. On any path it is written once and read at most
  once; what must be read twice is stored in a variable first. Reading a temp consumes it. Several ops may
  write the same temp only on paths that exclude each other (the two arms of a conditional expression), and
  there they are `Copy` ops.
* a *variable* (a ``str``) is a Python name, or a pseudo-variable that starts with ``$`` (``$return`` holds the
  value of a pending ``return``; ``$with1`` a context manager; ``$iter1`` an iterator; ``$match1`` a subject).
  The targets of a comprehension are renamed (``x@1``), so that they do not shadow the function's own names.

Ops are evaluated in Python's own order. An op that may raise (`pgleak_lint.cfg.raising`) is the last of its
block: its effect on the state differs between its normal and its exceptional edges.

All ops are hashable, never changed and made of plain data, so that a graph can be stored and sent between processes.
"""

from __future__ import annotations

from typing import NamedTuple, Union, get_args

from pgleak_lint._record import record
from pgleak_lint.source.span import Span

Temp = int
Constant = Union[None, bool, int, float, complex, str, bytes, "EllipsisValue"]


class EllipsisValue(NamedTuple):
    """The constant ``...`` as plain data."""


@record
class Load:
    """``dst = name``: read a variable."""

    dst: Temp
    name: str
    span: Span


@record
class Store:
    """``name = src``: bind a variable. ``annotation`` is the source text of ``name: annotation = …``."""

    name: str
    src: Temp
    span: Span
    annotation: str | None = None


@record
class Delete:
    """``del name``; also ends a pseudo-variable, and the name of ``except … as name`` after its handler."""

    name: str
    span: Span


@record
class Declare:
    """``target: annotation`` without a value. ``target`` is a dotted path (``self.pool``)."""

    target: str
    annotation: str
    span: Span


@record
class Const:
    """``dst = constant``."""

    dst: Temp
    value: Constant
    span: Span


@record
class Attr:
    """``dst = obj.attr``."""

    dst: Temp
    obj: Temp
    attr: str
    span: Span


@record
class SetAttr:
    """``obj.attr = src``, with the annotation of ``obj.attr: annotation = src``."""

    obj: Temp
    attr: str
    src: Temp
    span: Span
    annotation: str | None = None


@record
class DelAttr:
    """``del obj.attr``."""

    obj: Temp
    attr: str
    span: Span


@record
class Item:
    """``dst = obj[key]``. A slice is a `Compute` with operator ``slice``; several keys are a tuple `Build`."""

    dst: Temp
    obj: Temp
    key: Temp
    span: Span


@record
class SetItem:
    """``obj[key] = src``."""

    obj: Temp
    key: Temp
    src: Temp
    span: Span


@record
class DelItem:
    """``del obj[key]``."""

    obj: Temp
    key: Temp
    span: Span


class Argument(NamedTuple):
    """One argument of a call: ``keyword`` for ``k=v``; ``star`` is ``""``, ``"*"`` or ``"**"``."""

    value: Temp
    keyword: str | None = None
    star: str = ""


@record
class Call:
    """``dst = func(arguments)``. ``span`` covers the whole call expression, without an ``await`` before it.

    ``decorator`` marks the call that applies a decorator to what it decorates.
    """

    dst: Temp
    func: Temp
    arguments: tuple[Argument, ...]
    span: Span
    decorator: bool = False


@record
class Await:
    """``dst = await src``."""

    dst: Temp
    src: Temp
    span: Span


@record
class Yield:
    """``dst = yield src`` or ``dst = yield from src`` (``delegates``)."""

    dst: Temp
    src: Temp
    span: Span
    delegates: bool = False


@record
class Compute:
    """``dst = operator(operands)``: what neither raises nor keeps its operands.

    Operators: ``not - + ~`` with one operand; ``== != < <= > >= is is-not in not-in`` and the arithmetic ones
    with two; ``slice`` with up to three; ``format`` (an f-string or template string) with any number.
    """

    dst: Temp
    operator: str
    operands: tuple[Temp, ...]
    span: Span


@record
class Build:
    """``dst`` = a display. ``kind`` is ``tuple``, ``list``, ``set`` or ``dict``.

    ``stars[i]`` says that ``items[i]`` is unpacked into it. For a ``dict`` ``items`` alternate key, value; a
    ``**value`` is the one starred item and has no key. A comprehension builds an empty display first and
    adds to it with `Append`.
    """

    dst: Temp
    kind: str
    items: tuple[Temp, ...]
    stars: tuple[bool, ...]
    span: Span


@record
class Append:
    """Add ``src`` to the comprehension's result that stands in the variable ``container``."""

    container: str
    src: Temp
    span: Span


@record
class Unpack:
    """``dsts = src``: ``a, *b = src`` has ``star == 1``. ``literal``: ``src`` was a display of that very shape
    (no element starred), so it can't fail."""

    dsts: tuple[Temp, ...]
    src: Temp
    star: int | None
    span: Span
    literal: bool = False


@record
class MakeFunction:
    """``dst`` = the function, lambda or generator expression whose code unit is ``unit`` (an index into
    `CodeModule.units`). Its defaults and the first iterable of a generator expression were evaluated before."""

    dst: Temp
    unit: int
    span: Span


@record
class MakeClass:
    """``dst`` = the class whose body is the code unit ``unit``. Its bases were evaluated before."""

    dst: Temp
    unit: int
    span: Span


@record
class Import:
    """``dst`` = what ``import module`` or ``from module import name`` binds.

    ``module`` is the full dotted name, or starts with one dot per level when relative. For ``import a.b`` that
    binds ``a`` ``module`` is ``a``; for ``import a.b as c`` it is ``a.b``. ``from m import *`` has ``name="*"``.
    """

    dst: Temp
    module: str
    name: str | None
    span: Span


@record
class Enter:
    """``dst = manager.__enter__()`` (or ``await … .__aenter__()``) of the manager in variable ``manager``."""

    dst: Temp
    manager: str
    is_async: bool
    span: Span


@record
class Exit:
    """Leave the ``with`` whose manager is in the variable ``manager``, and forget it.

    ``exceptional``: an exception is on its way, so there are a `SWALLOW` edge behind the statement and an
    edge of the pending kind. The span is that of the manager's expression.
    """

    manager: str
    is_async: bool
    exceptional: bool
    span: Span


@record
class Iterate:
    """``dst = iter(src)`` (or ``aiter``). ``nonempty``: at least one turn is certain (a display with an element
    that is not starred, or ``range`` of a positive literal). ``literal``: a display, iterating can't fail."""

    dst: Temp
    src: Temp
    is_async: bool
    span: Span
    nonempty: bool = False
    literal: bool = False


@record
class Next:
    """The next element of the iterator in variable ``iterator``: ``TRUE`` edge with the element in ``dst``,
    ``FALSE`` edge when there is none (``dst`` is not written then)."""

    dst: Temp
    iterator: str
    is_async: bool
    span: Span
    literal: bool = False


@record
class Copy:
    """``dst = src``: joins the arms of ``a if c else b``, ``a and b``, ``a or b``."""

    dst: Temp
    src: Temp
    span: Span


@record
class Drop:
    """Throw the value away: an expression statement."""

    src: Temp
    span: Span


@record
class MatchTest:
    """``dst`` = whether the subject in variable ``subject`` matches a pattern.

    ``pattern`` is ``none``, ``true``, ``false``, ``value`` (a literal, in ``constant``), ``class`` (dotted name in
    ``class_name``), ``sequence``, ``mapping`` or ``other``. Captures are stored after the test, as unknown
    values unless they capture the whole subject.
    """

    dst: Temp
    subject: str
    pattern: str
    span: Span
    constant: Constant = None
    class_name: str | None = None


@record
class Unknown:
    """``dst`` = a value that nothing is known about (a part captured by a pattern, a caught exception)."""

    dst: Temp
    span: Span


@record
class Catch:
    """A handler begins. ``types`` is the source text of what it catches, ``""`` for a bare ``except``.
    The name of ``except … as name`` is stored next, as `Unknown`."""

    types: str
    span: Span


@record
class Branch:
    """Go on along the ``TRUE`` or the ``FALSE`` edge. The span is the whole test as a reader sees it."""

    test: Temp
    span: Span


@record
class Raise:
    """``raise src``: only exceptional edges leave. ``src`` is None for a bare ``raise``."""

    src: Temp | None
    span: Span


@record
class Leave:
    """A ``return``, ``break`` or ``continue`` statement begins (``keyword``), or the body ends (``end``).

    It does nothing: it keeps the place for the trace. The value of a ``return`` is in ``$return`` before.
    """

    keyword: str
    span: Span


Op = Union[
    Load, Store, Delete, Declare, Const, Attr, SetAttr, DelAttr, Item, SetItem, DelItem, Call, Await, Yield,
    Compute, Build, Append, Unpack, MakeFunction, MakeClass, Import, Enter, Exit, Iterate, Next, Copy, Drop,
    MatchTest, Unknown, Catch, Branch, Raise, Leave,
]  # fmt: skip


ONE_WRITTEN: frozenset[type] = frozenset(kind for kind in get_args(Op) if "dst" in kind.__slots__)
"""The classes of ops that write one temp, ``dst``."""


def written_temps(op: Op) -> tuple[Temp, ...]:
    """The temps that ``op`` writes on its normal edges."""
    if isinstance(op, Unpack):
        return op.dsts
    dst = getattr(op, "dst", None)
    return () if dst is None else (dst,)


def read_temps(op: Op) -> tuple[Temp, ...]:
    """The temps that ``op`` reads, and so consumes, in evaluation order."""
    match op:
        case Call():
            return (op.func, *(argument.value for argument in op.arguments))
        case Compute():
            return op.operands
        case Build():
            return op.items
        case Attr() | DelAttr():
            return (op.obj,)
        case SetAttr():
            return (op.obj, op.src)
        case Item() | DelItem():
            return (op.obj, op.key)
        case SetItem():
            return (op.obj, op.key, op.src)
        case Store() | Await() | Yield() | Append() | Unpack() | Iterate() | Copy() | Drop():
            return (op.src,)
        case Branch():
            return (op.test,)
        case Raise():
            return () if op.src is None else (op.src,)
    return ()
