"""What tests put something else in the place of, while a function of theirs runs.

``unittest.mock`` (``patch``, ``patch.object``, ``patch.multiple``), ``pytest-mock`` (the same below ``mocker``) and pytest's
``monkeypatch.setattr``, told by how they are spelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgleak_lint._record import record
from pgleak_lint.analysis.names import ModuleIndex, UnitIndex
from pgleak_lint.cfg.graph import UnitKind
from pgleak_lint.cfg.ops import Argument, Call, Const, MakeClass, MakeFunction, Temp

MOCKER = re.compile(r"(?:class_|module_|package_|session_)?mocker")
"""The fixtures of ``pytest-mock``."""

_PATCH = re.compile(r"(?:(?P<root>.+)\.)?patch(?P<how>\.object|\.multiple)?|.+\.(?P<set>setattr)")
_ROOTS = re.compile(rf"(?:.*\.)?mock|{MOCKER.pattern}")
_TARGET = re.compile(r"\w+(?:\.\w+)*\.(\w+)")
_DOUBLES = frozenset({"mock", "mocked", "fake", "stub", "dummy"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PREPARING = frozenset({"setUp", "asyncSetUp", "setUpClass", "setup_method", "setup_class"})


@record
class Patch:
    """One call that replaces something. ``names``: the last parts of what it replaces; None: nobody knows of what. ``root``: the
    first part of where that is. ``injects``: as a decorator, it gives the function another argument. ``line``: where it stands (from 1)."""

    names: frozenset[str] | None
    root: str
    injects: bool
    line: int


def is_named_double(path: str) -> bool:
    """Whether one of the words in a dotted path says that it is a test double (``mock_pool``, ``FakePool``)."""
    return not _DOUBLES.isdisjoint(re.split(r"[._]", _HUMP.sub("_", path).lower()))


class Patches:
    """The patches of one module."""

    def __init__(self, module: ModuleIndex) -> None:
        self._module = module
        self._decorated: dict[int, dict[int, list[Patch]]] = {}
        self._fixtures: dict[int, list[tuple[str, int, bool]]] = {}

    def injected(self, unit: int) -> int:
        """How many arguments patches give to a function: the first ones behind its own object."""
        made, found = self._module.units[unit], self._decorating(unit)
        if made.parent is not None and self._module.units[made.parent].kind is UnitKind.CLASS:
            found = [*found, *self._decorating(made.parent)]
        return sum(patch.injects for patch in found)

    def around(self, unit: int) -> Iterator[Patch]:
        """Those that hold when a unit begins: of its decorators, of the functions and classes around it, and of what prepares for
        it (``setUp``, fixtures)."""
        current: int | None = unit
        while current is not None:
            code = self._module.units[current]
            yield from self._decorating(current)
            if code.kind is UnitKind.CLASS:
                for name in sorted(_PREPARING & self._module.children(current).keys()):
                    yield from self.inside(self._module.children(current)[name])
            elif code.kind is not UnitKind.MODULE and current != unit:
                yield from self.inside(current)
            current = code.parent
        for fixture in self.fixtures(unit):
            yield from self.inside(fixture)

    def inside(self, unit: int) -> Iterator[Patch]:
        """Those that a unit makes itself."""
        index = self._module.indexes[unit]
        yield from filter(None, (_patch_of(index, op) for op in index.of(Call)))

    def fixtures(self, unit: int) -> list[int]:
        """The fixtures of the module, or of the class around it, that a function uses."""
        found: list[int] = []
        pending = [unit]
        while pending:
            code = self._module.units[pending.pop()]
            wanted = {parameter.name for parameter in code.parameters}
            for scope in sorted({0, code.parent or 0}):
                for name, fixture, is_for_all in self._fixtures_in(scope):
                    if (is_for_all or name in wanted) and fixture != unit and fixture not in found:
                        found.append(fixture)
                        pending.append(fixture)
        return found

    def _fixtures_in(self, scope: int) -> list[tuple[str, int, bool]]:
        """Name and number of each fixture, and whether all functions use it."""
        if scope not in self._fixtures:
            found = self._fixtures[scope] = []
            for name, child in self._module.children(scope).items():
                decorators = [d for d in self._module.units[child].decorators if "fixture" in d.partition("(")[0]]
                if decorators:
                    found.append((name, child, any("autouse=True" in decorator for decorator in decorators)))
        return self._fixtures[scope]

    def _decorating(self, unit: int) -> list[Patch]:
        made = self._module.units[unit]
        if not made.decorators or made.parent is None:
            return []
        if made.parent not in self._decorated:
            self._decorated[made.parent] = self._of_decorators(self._module.indexes[made.parent])
        return self._decorated[made.parent].get(unit, [])

    def _of_decorators(self, index: UnitIndex) -> dict[int, list[Patch]]:
        found: dict[int, list[Patch]] = {}
        for op in index.of(Call):
            decorator = index.definition(op.func) if op.decorator else None
            made = _decorated(index, op.arguments[0].value) if isinstance(decorator, Call) else None
            patch = _patch_of(index, decorator) if isinstance(decorator, Call) else None
            if made is not None and patch is not None:
                found.setdefault(made, []).append(patch)
        return found


def _decorated(index: UnitIndex, temp: Temp) -> int | None:
    """The unit that a decorator is applied to, perhaps with others in between."""
    op = index.definition(temp)
    while isinstance(op, Call) and op.decorator:
        op = index.definition(op.arguments[0].value)
    return op.unit if isinstance(op, MakeFunction | MakeClass) else None


def _patch_of(index: UnitIndex, call: Call) -> Patch | None:
    spelled = _PATCH.fullmatch(index.path(call.func) or "")
    if spelled is None:
        return None
    plain = [argument for argument in call.arguments if not argument.keyword and not argument.star]
    whose = _text(index, plain[:1]) or (index.path(plain[0].value) if plain else None) or ""
    place = whose.partition(".")[0]
    if spelled["set"] is not None:
        names = _target(index, plain[:1]) or _named(index, plain[1:2])
        return Patch(names, place, injects=False, line=call.span.line) if names is not None else None
    root, how = spelled["root"], spelled["how"]
    names = _named(index, plain[1:2]) if how == ".object" else _target(index, plain[:1])
    if how == ".multiple":
        names = frozenset(argument.keyword for argument in call.arguments if argument.keyword)
    if names is None and root is not None and not _ROOTS.fullmatch(root):
        return None  # of an HTTP client, say
    has_new = any(argument.keyword == "new" for argument in call.arguments) or len(plain) > 1 + (how == ".object")
    return Patch(names, place, injects=how != ".multiple" and not has_new, line=call.span.line)


def _target(index: UnitIndex, arguments: list[Argument]) -> frozenset[str] | None:
    """The last part of the dotted name in a text."""
    found = _TARGET.fullmatch(_text(index, arguments))
    return frozenset({found[1]}) if found is not None else None


def _named(index: UnitIndex, arguments: list[Argument]) -> frozenset[str] | None:
    text = _text(index, arguments)
    return frozenset({text}) if text.isidentifier() else None


def _text(index: UnitIndex, arguments: list[Argument]) -> str:
    value = index.definition(arguments[0].value) if arguments else None
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""
