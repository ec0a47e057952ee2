"""What decorators leave of a function: whether its callers still get what it gives, and whether they have to await it."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pgleak_lint.analysis.names import ModuleIndex, UnitIndex, sources_of
from pgleak_lint.analysis.types import Function, Symbol
from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.cfg.ops import Await, Call, Const, Load, MakeFunction, Op, Temp
from pgleak_lint.models.schema import Form

if TYPE_CHECKING:
    from pgleak_lint.analysis.provenance import Provenance

_TRANSPARENT = frozenset({
    "staticmethod", "classmethod", "override", "final", "typechecked", "beartype", "deprecated", "retry", "on_exception",
    "on_predicate", "no_type_check",
})  # fmt: skip
"""Last names of decorators that call what they decorate and give what it gives."""


class Given(enum.Enum):
    """What a wrapper returns, seen from the function that it wraps."""

    CALLED = "what the function gave"
    AWAITED = "what the function's coroutine gave"
    NOTHING = "None"
    OTHER = "something else"


def form_through(provenance: Provenance, unit: CodeUnit, form: Form) -> Form | None:
    """How callers of a decorated function get what it gives them as ``form``; None where a decorator may give something else
    (a cache, a property, a context manager)."""
    given: Form | None = form
    for decorator in reversed(unit.decorators):
        name, called, _ = decorator.partition("(")
        if given is not None and name.rpartition(".")[2] not in _TRANSPARENT:
            given = _through(provenance, unit, name, given, is_made=bool(called))
    return given


def _through(provenance: Provenance, unit: CodeUnit, name: str, form: Form, *, is_made: bool) -> Form | None:
    """The form behind a decorator of the project. ``is_made``: the name is that of a function that makes the decorator."""
    known = provenance.type_of_dotted(unit.parent or 0, name)
    if isinstance(known, Symbol):  # a module of decorators need not speak of databases
        known = provenance.program.resolve(known.name, provenance.home, anywhere=True)
    there = provenance.program.module(known.home) if isinstance(known, Function) else None
    if there is None or not isinstance(known, Function):
        return None
    decorator: CodeUnit | None = there.index.units[known.unit]
    if is_made and decorator is not None:
        decorator = _returned_function(there.index, decorator)
    return _decorated(there.index, decorator, form) if decorator is not None else None


def _decorated(module: ModuleIndex, decorator: CodeUnit, form: Form) -> Form | None:
    taken = next((p.name for p in decorator.parameters if p.kind != "keyword-only"), None)
    if taken is None or decorator.is_async or decorator.is_generator:
        return None
    index = module.indexes[decorator.index]
    if all(isinstance(op, Load) and op.name == taken for op in _returned(index)):
        return form if index.stores.get("$return") else None  # it only takes note of the function
    wrapper = _returned_function(module, decorator)
    if wrapper is None or wrapper.is_generator or module.scope_of(wrapper, taken) is not decorator:
        return None
    awaited = {_given_by(module.indexes[wrapper.index], op, taken) for op in _returned(module.indexes[wrapper.index])}
    awaited.discard(Given.NOTHING)
    if awaited == {Given.AWAITED} and form is Form.AWAIT:
        return form
    if awaited == {Given.CALLED} and (form is Form.PLAIN or not wrapper.is_async):
        return Form.AWAIT if wrapper.is_async else form
    return None


def _returned_function(module: ModuleIndex, unit: CodeUnit) -> CodeUnit | None:
    """The nested function that a function returns, under ``functools.wraps`` or not."""
    found = {_made_function(module, module.indexes[unit.index], op) for op in _returned(module.indexes[unit.index])}
    number = found.pop() if len(found) == 1 else None
    return module.units[number] if number is not None else None


def _made_function(module: ModuleIndex, index: UnitIndex, op: Op) -> int | None:
    match op:
        case MakeFunction(unit=made):
            return made
        case Load(name=name):
            child = module.children(index.unit.index).get(name)
            return child if child is not None and module.units[child].kind is UnitKind.FUNCTION else None
        case Call(arguments=arguments) if len(arguments) == 1:  # `wraps(function)(wrapper)`
            inner = index.definition(arguments[0].value)
            return _made_function(module, index, inner) if isinstance(inner, MakeFunction | Load) else None
    return None


def _given_by(index: UnitIndex, op: Op, function: str, depth: int = 0) -> Given:
    """What a value is to that function."""
    match op:
        case Const(value=None):
            return Given.NOTHING
        case Call(func=func) if _is_load(index, func, function):
            return Given.CALLED
        case Await(src=src) if all(
            isinstance(call, Call) and _is_load(index, call.func, function) for call in sources_of(index, src)
        ):
            return Given.AWAITED
        case Load(name=name) if depth == 0 and name in index.stores:
            kinds = {
                _given_by(index, source, function, depth=1)
                for store in index.stores[name]
                for source in sources_of(index, store.src)
            } - {Given.NOTHING}
            return kinds.pop() if len(kinds) == 1 else Given.OTHER
    return Given.OTHER


def _is_load(index: UnitIndex, temp: Temp, name: str) -> bool:
    op = index.definition(temp)
    return isinstance(op, Load) and op.name == name


def _returned(index: UnitIndex) -> Iterator[Op]:
    for store in index.stores.get("$return", ()):
        yield from sources_of(index, store.src)
