"""Functions inside a function: what they see of its variables, and what they assign to them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pgleak_lint._record import record
from pgleak_lint.analysis.names import ModuleIndex, UnitIndex
from pgleak_lint.analysis.state import Key, World, keys_under, part
from pgleak_lint.analysis.values import Falsy, Known, Path, Ref, Thing, Value, carries
from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.cfg.ops import Await, Call, Load, Temp

if TYPE_CHECKING:
    from pgleak_lint.analysis.frame import Frame

Knowledge = frozenset[tuple[Key, Value]]
"""What a caller knows of variables that a nested function captured."""
NOTHING_KNOWN: Knowledge = frozenset()


class NestedFunctions:
    """Those of one unit that assign variables of it (``nonlocal``)."""

    def __init__(self, module: ModuleIndex, index: UnitIndex) -> None:
        self._module = module
        self._index = index
        self._unit = index.unit

    @cached_property
    def assigned(self) -> Mapping[int, frozenset[str]]:
        """Nested function → the variables that a call of it assigns."""
        return {unit: names for unit, names in self._assigning.items() if self._is_only_called(unit)}

    @cached_property
    def awaited(self) -> Mapping[Temp, int]:
        """The calls of those that are coroutine functions: they run when the temp is awaited."""
        names = {self._module.units[unit].name: unit for unit in self.assigned if self._module.units[unit].is_async}
        calls = ((load, self._index.consumers.get(load.dst)) for load in self._index.of(Load) if load.name in names)
        return {call.dst: names[load.name] for load, call in calls if isinstance(call, Call)}

    @cached_property
    def assigned_any_time(self) -> frozenset[str]:
        """The variables of which nobody knows when they are assigned: somebody else may call the function."""
        return frozenset().union(*(names for unit, names in self._assigning.items() if unit not in self.assigned))

    @cached_property
    def _assigning(self) -> Mapping[int, frozenset[str]]:
        """Nested function → what it, or a function in it, declares ``nonlocal``."""
        found: dict[int, frozenset[str]] = {}
        for index in self._module.mentioning("nonlocal"):
            names = index.unit.nonlocal_names & self._unit.bound
            inner = self._directly_inside(index.unit) if names else None
            if inner is not None:
                found[inner] = found.get(inner, frozenset()) | names
        return found

    def _directly_inside(self, unit: CodeUnit) -> int | None:
        """The function directly in this one that a unit is, or stands in."""
        while unit.parent is not None and unit.parent != self._unit.index:
            unit = self._module.units[unit.parent]
        return unit.index if unit.parent is not None else None

    def _is_only_called(self, number: int) -> bool:
        """Whether nothing else is done with a nested function than calling it here and now."""
        unit, units = self._module.units[number], self._module.units
        if unit.kind is not UnitKind.FUNCTION or unit.is_generator or unit.decorators:
            return False
        siblings = (other.index for other in units if other.parent == self._unit.index)
        if any(unit.name in self._module.free(sibling) for sibling in siblings):
            return False
        loads = (op for op in self._index.of(Load) if op.name == unit.name)
        return all(self._is_callee(load, awaited=unit.is_async) for load in loads)

    def _is_callee(self, load: Load, *, awaited: bool) -> bool:
        call = self._index.consumers.get(load.dst)
        if not isinstance(call, Call) or call.func != load.dst:
            return False
        return not awaited or isinstance(self._index.consumers.get(call.dst), Await)


@record
class Called:
    """What a call of a nested function comes to. ``left`` and ``failed`` are the values of the variables that it declares ``nonlocal``, when it
    returns and when an exception leaves it, as far as they are the same on all paths."""

    may_raise: bool
    left: Mapping[str, Known]
    failed: Mapping[str, Known]


UNSEEN = Called(True, {}, {})


def agreed(worlds: Iterable[World], names: Iterable[str]) -> Mapping[str, Known]:
    """What those variables are in all worlds."""
    environments = [world.environment() for world in worlds]
    found = {name: {environment.get(name) for environment in environments} for name in names}
    return {
        name: value for name, values in found.items() if len(values) == 1 and isinstance(value := values.pop(), Known)
    }


def known_when_called(env: Mapping[Key, Value], code: CodeUnit) -> Knowledge:
    """What is known of the variables that a nested function captured. What holds the resource counts as something true."""
    captured = ((key, _followed(env, value)) for key, value in env.items() if key in code.free)
    return frozenset(
        (key, Thing(truthy=True) if isinstance(value, Ref) else value)
        for key, value in captured
        if isinstance(value, Known | Thing | Falsy | Ref)
    )


def _followed(env: Mapping[Key, Value], value: Value) -> Value | None:
    return env.get(value.text) if isinstance(value, Path) else value


def reassign(
    frame: Frame, before: Mapping[Key, Value], names: Iterable[str], called: Called, tracked: Container[str]
) -> None:
    """A function was called that assigns those variables."""
    for one in frame.with_splits():
        one.error_env = dict(before)
        for name in names:
            _assign(one.error_env, name, called.failed.get(name), tracked)
            _assign(one.env, name, called.left.get(name), tracked)


def _assign(env: dict[Key, Value], name: str, value: Known | None, tracked: Container[str]) -> None:
    """Put a value into a variable. None: something unknown, or what was there, so that it may still hold the resource."""
    part(env, name)
    for key in keys_under(env, name):
        if value is not None or not carries(env[key]):
            del env[key]
    if value is not None and name in tracked:
        env[name] = value
