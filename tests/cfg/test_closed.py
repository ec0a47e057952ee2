"""A function that stays closed until somebody looks inside is the same as one that was read with its module."""

from __future__ import annotations

import dataclasses

import pytest

from pgleak_lint.analysis.names import ModuleIndex
from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.cfg.outline.closed import ClosedUnit
from pgleak_lint.source.deep_stack import run_with_deep_stack
from tests.cfg.test_outline import MODULES, SOURCES, outlined

FIELDS = [field.name for field in dataclasses.fields(CodeUnit) if field.name != "free"]


def check(text: str) -> int:
    """Both readings of ``text`` agree, whichever function is opened first. How many were closed."""
    opened = ModuleIndex(outlined(text))
    closed = ModuleIndex(outlined(text, frozenset()))
    for unit in reversed(closed.units):
        other = opened.units[unit.index]
        assert {name: getattr(unit, name) for name in FIELDS} == {name: getattr(other, name) for name in FIELDS}
        assert closed.free(unit.index) == other.free
        assert closed.lowered(unit.index).unit.graph == opened.lowered(unit.index).unit.graph
    assert len(closed.units) == len(opened.units)
    return sum(isinstance(unit, ClosedUnit) for unit in closed.units)


@pytest.mark.parametrize("name", SOURCES)
def test_closed_and_open_agree(name: str) -> None:
    closed = run_with_deep_stack(lambda: check(SOURCES[name]))
    assert closed > 0 or name not in MODULES


UNITS_INSIDE = {
    "loops of a generator expression": "def f(a):\n    return (x for x in g(lambda: 1) for y in h(lambda: x) if i(lambda: y))\n",
    "a generator expression in another": "def f(a):\n    return ((x for x in y) for y in (z for z in a))\n",
    "defaults": "def f(a):\n    def g(b=lambda: 1, *, c=lambda: 2): return lambda d=lambda: 3, *, e=lambda: 4: 5\n",
    "decorators": "def f(a):\n    @d(lambda: 1)\n    async def g(): yield lambda: 2\n",
    "two of one name": "def f(a):\n    def g(): pass\n    def g(): return g\n    return g\n",
    "what is never reached": "def f(a):\n    return lambda: 1\n    def g(): pass\n",
}


@pytest.mark.parametrize("name", UNITS_INSIDE)
def test_units_inside(name: str) -> None:
    assert check(UNITS_INSIDE[name]) > 1


CLOSED = {
    "plain": ("def f(x):\n    return x.y\n", True),
    "a method": ("class A:\n    async def f(self):\n        return [x for x in self.y]\n", True),
    "a word that leads": ("def f(x):\n    return x.connect()\n", False),
    "such a word for one of its attributes": ("def f(x, connect):\n    return x.connect.y, connect.z\n", True),
    "such a word in a string": ("def f(x):\n    return 'connect'\n", True),
    "such a word in an annotation": ("def f(x):\n    y: 'list[connect]' = x\n", False),
    "such a word in the header": ("def f(x: connect):\n    return x\n", True),
    "such a word for an import": ("def f():\n    from a import connect\n", False),
    "such a word in a pattern": ("def f(x):\n    match x:\n        case A(connect=y):\n            return y\n", False),
    "such a word that is set": ("def f(x):\n    connect = x.connect = 1\n", True),
    "such a word that is handed over": ("def f(x, connect):\n    x(connect, connect.y, y=x.connect)\n", True),
    "such a word that is handed on": ("def f(x, connect):\n    x.submit(connect)\n", False),
    "such a word that is handed to a class": ("def f(connect):\n    return Pool(y=connect)\n", False),
    "such a word in something that is handed over": ("def f(x, connect):\n    x((connect, 1))\n", False),
    "a part of such a word": ("def f(x):\n    return x.connected()\n", True),
    "a function inside": ("def f(x):\n    def g(): pass\n", True),
    "a word that leads in a function inside": ("def f(x):\n    def g(): connect()\n", False),
    "a class in a function inside": ("def f(x):\n    def g():\n        class h: pass\n", False),
    "a class inside": ("def f(x):\n    class g: pass\n", False),
    "a lambda among the defaults": ("def f(x=lambda: 1):\n    pass\n", True),
    "a generator expression": ("def f(x):\n    return any(y for y in x)\n", True),
    "another encoding": ("def f(x):\n    return 'é'\n", True),
    "behind a continuation": ("class A: \\\n  x = 1; y = 2\nif 1: \\\n  f = 1\n", False),
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_stays_closed(name: str) -> None:
    text, is_closed = CLOSED[name]
    units = outlined(text, frozenset({"connect"})).units
    functions = [unit for unit in units if unit.kind is UnitKind.FUNCTION and unit.name == "f"]
    assert any(isinstance(unit, ClosedUnit) for unit in functions) is is_closed


def test_who_only_asks_for_the_header_opens_nothing() -> None:
    (_, unit) = outlined("@d\nasync def f(x: int = 1, *, y) -> str:\n    return x\n", frozenset()).units
    assert isinstance(unit, ClosedUnit)
    names = [parameter.name for parameter in unit.parameters]
    assert (unit.name, names, unit.returns, unit.decorators, unit.is_async) == ("f", ["x", "y"], "str", ("d",), True)
    assert (unit.may_mention("x"), unit.may_mention("z")) == (True, False)
    with pytest.raises(AttributeError):
        object.__getattribute__(unit, "outline")
    assert unit.outline is not None
    assert object.__getattribute__(unit, "outline") == unit.outline


ASKED = {
    "a variable": ("y = x", "x", True, False),
    "a variable that is set": ("x = 1", "x", False, False),
    "an attribute": ("y = z.x", "x", True, False),
    "an attribute that is set": ("z.x = 1", "x", False, True),
    "an attribute that is set in a loop": ("for z.x in y: pass", "x", False, True),
    "the object of an attribute": ("y = x.z", "x", False, False),
    "the object of an attribute that is set": ("x.z = 1", "x", False, False),
    "an attribute on the way": ("y = z.x.z", "x", False, False),
    "an attribute of a result": ("y = x(z).y", "x", True, False),
    "a key": ("y = z['x']", "x", False, False),
    "a key that is set": ("z['x'] = 1", "x", False, True),
    "a key that is deleted": ("del z['x']", "x", False, False),
    "a key that is no text": ("z[1] = 1", "1", False, False),
    "in a function inside": ("def g(): return lambda: (x for y in z)", "x", True, False),
    "in the header of a function inside": ("def g(y: x): pass", "x", False, False),
    "as a default of a function inside": ("def g(y=x): pass", "x", True, False),
    "in a decorator inside": ("@x\n    def g(): pass", "x", True, False),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_used_and_stored(name: str) -> None:
    statement, asked, is_used, is_stored = ASKED[name]
    unit = outlined(f"def f(y, z):\n    {statement}\n", frozenset()).units[1]
    assert isinstance(unit, ClosedUnit)
    assert (unit.may_use(asked), unit.may_store(asked)) == (is_used, is_stored)
    assert not unit.may_use("f") and not unit.may_store("f")
