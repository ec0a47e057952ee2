"""Abstract values: what a variable or temp holds in one world, as far as the tracked resource or a test cares.

A value that is not here is simply absent from the world: nothing is known about it.
"""

from __future__ import annotations

from typing import Union

from pgleak_lint._record import record
from pgleak_lint.analysis.types import Keeper
from pgleak_lint.source.span import Span

Scalar = Union[None, bool, int, float, complex, str, bytes, tuple[()]]


@record
class Known:
    """A constant. (``1 == True`` in Python, so the type is compared as well.)"""

    value: object
    type_name: str

    @staticmethod
    def of(value: object) -> Known:
        return Known(value, type(value).__name__)


@record
class Thing:
    """Some object: certainly not None, and true if ``truthy``."""

    truthy: bool


@record
class Falsy:
    """Nothing known but that it is false in a test."""


@record
class Unbound:
    """The variable has no value yet. ``missed``: an exception has passed meanwhile, so it may be the one that would have come before the
    assignment."""

    missed: bool = False


@record
class Path:
    """The value of a pure expression, known by its text (``self.owned``): what tests learn is kept under it."""

    text: str


@record
class Condition:
    """A test on a path that is not decided yet. ``kind``: ``none`` (is None), ``truth``, ``equal`` (to ``constant``)
    or ``fact`` (an opaque comparison, ``path`` is its text)."""

    kind: str
    path: str
    constant: Known | None = None
    negated: bool = False


@record
class Namespace:
    """The result of ``locals()``, ``vars()`` or ``dir()``."""


@record
class Ref:
    """The tracked resource itself."""


@record
class PendingRef:
    """The tracked acquire, neither awaited nor entered."""


@record
class Promise:
    """Another acquire, neither awaited nor entered: it gives some object."""


@record
class Calm:
    """A coroutine that never waits for anything, so that nobody can cancel who awaits it. ``raises``: it may fail."""

    raises: bool


@record
class Derived:
    """Something made from the resource: ``kept`` by a method that keeps it in use (a cursor), by a ``constructor`` that
    took it, or the ``result`` of a call of unknown code. ``idles``: as a ``with`` block, it leaves the resource with nothing held."""

    kind: str
    idles: bool = False


@record
class Method:
    """A method of the resource, as a value."""

    name: str


@record
class Asked:
    """The resource's own word on whether it is closed; true means that it is, or that it is not."""

    closed: bool


@record
class OwnerRelease:
    """``pool.putconn`` as a value: a method whose name is that of a release which takes the resource."""

    name: str


@record
class Releaser:
    """A callable (``partial(pool.putconn, conn)``) that releases when it is called."""


@record
class ReleaseTask:
    """A coroutine that releases as soon as something runs it."""


@record
class Faltering:
    """A coroutine that releases, and may raise before it does."""


@record
class UseTask:
    """A coroutine that uses the resource when something runs it; ``span`` is the call that made it."""

    span: Span


@record
class Wrapped:
    """An object of a project's class that keeps the resource it was given."""

    keeper: Keeper


@record
class WrappedMethod:
    """A method of such an object, as a value."""

    wrapped: Wrapped
    name: str


@record
class Display:
    """A tuple, list or set written out, with the values of its items (None: unknown)."""

    kind: str
    items: tuple[Value | None, ...]


@record
class Gathered:
    """``asyncio.gather(...)`` of several awaitables, one of them the tracked acquire. ``keeps_exceptions``: it puts them among the results,
    and raises none."""

    items: tuple[Value | None, ...]
    keeps_exceptions: bool = False


@record
class Iterator:
    """An iterator over known items, about to give number ``position``; ``items`` is None where only the first turn
    is certain."""

    items: tuple[Value | None, ...] | None
    position: int


@record
class Closure:
    """A nested function, lambda or generator expression (its code unit)."""

    unit: int


@record
class Managed:
    """A context manager whose exit gives the resource back (an acquire that was entered)."""


@record
class Closing:
    """``contextlib.closing(resource)`` or ``aclosing``."""


@record
class Lent:
    """``contextlib.nullcontext(resource)``: entering gives it, leaving does nothing."""


@record
class Stack:
    """A ``contextlib.ExitStack``, known by the call that made it. ``owes``: the resource's release is registered on it."""

    made_at: Span
    owes: bool


@record
class StackMethod:
    """A method of an ``ExitStack``, as a value."""

    stack: Stack
    name: str


@record
class Deferred:
    """A closure (its code unit) that was registered before its captured variable held the resource: on the exit stack
    made at ``stack``, or with somebody unknown."""

    unit: int
    stack: Span | None


@record
class Suppressor:
    """``contextlib.suppress(...)``: the dotted names of what it swallows. ``expects``: a test demands that its block
    raises."""

    types: tuple[str, ...]
    expects: bool = False


Value = Union[
    Known, Thing, Falsy, Unbound, Path, Condition, Namespace, Ref, PendingRef, Promise, Calm, Derived, Method, Asked, OwnerRelease,
    Releaser, ReleaseTask, Faltering, UseTask, Wrapped, WrappedMethod, Display, Gathered, Iterator, Closure, Managed, Closing, Lent, Stack,
    StackMethod, Deferred, Suppressor,
]  # fmt: skip

_HOLDERS = frozenset(
    {Ref, PendingRef, Method, Releaser, ReleaseTask, Faltering, Wrapped, WrappedMethod, Closing, Lent, Managed}
)
STRANGERS = frozenset({
    type(None), Known, Thing, Falsy, Unbound, Path, Condition, Namespace, Promise, Calm, Asked, OwnerRelease, Closure, Deferred,
    Suppressor,
})  # fmt: skip
"""Values that have nothing to do with the resource; asked by their type, since this is asked more often than anything else."""


def refers(value: Value | None) -> bool:
    """Whether the resource can still be reached, so released, through this value."""
    if type(value) in STRANGERS:
        return False
    if type(value) in _HOLDERS:
        return True
    match value:
        case Derived(kind=kind):
            return kind != "result"
        case Display(items=items) | Gathered(items=items):
            return any(refers(item) for item in items)
        case Iterator(items=items, position=position):
            return items is not None and any(refers(item) for item in items[position:])
        case Stack(owes=owes):
            return owes
        case StackMethod(stack=stack):
            return stack.owes
    return False


def carries(value: Value | None) -> bool:
    """Whether the value has to do with the tracked resource at all."""
    return type(value) not in STRANGERS and (refers(value) or isinstance(value, Derived | UseTask))


def truth(value: Value | None) -> bool | None:
    """What the value is in a test, None where it is not known."""
    match value:
        case Known(value=constant):
            return bool(constant)
        case Thing(truthy=True):
            return True
        case Thing() | None | Path() | Condition() | Unbound() | Derived() | Asked():
            return None
        case Falsy():
            return False
        case Display(items=items):
            return bool(items)
    return True


def is_none(value: Value | None) -> bool | None:
    """Whether the value is None, None where it is not known."""
    match value:
        case Known(value=constant):
            return constant is None
        case None | Path() | Condition() | Unbound() | Falsy():
            return None
        case Derived(kind="result"):
            return None
    return False
