"""A function that stays closed until somebody looks inside is the same as one that was read with its module."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping, Set

import pytest

from pgleak_lint.analysis.names import ModuleIndex
from pgleak_lint.cfg.graph import CodeModule, CodeUnit, ControlFlowGraph, UnitKind
from pgleak_lint.cfg.ops import MakeClass, MakeFunction, Op
from pgleak_lint.cfg.outline import skeleton_of
from pgleak_lint.cfg.outline.closed import ClosedUnit
from pgleak_lint.cfg.outline.named import look_into
from pgleak_lint.cfg.outline.uses import may_store, may_use
from pgleak_lint.project.store import code_of_skeleton
from pgleak_lint.source.deep_stack import run_with_deep_stack
from tests.cfg.test_outline import MODULES, SOURCES, outlined

FIELDS = [
    field.name for field in dataclasses.fields(CodeUnit) if field.name not in ("free", "index", "parent", "outline")
]


def skeletal(text: str, leading: frozenset[str]) -> CodeModule:
    """The outline of a text by way of its skeleton."""
    module = code_of_skeleton(text, leading)
    assert module is not None
    return module


def real(module: CodeModule) -> list[CodeUnit]:
    """The units that are there, all of them open: for those in closed functions there may be more numbers than units."""
    return [unit for unit in module.units if unit.outline is not None and unit.name != "<none>"]


def compare(opened: CodeModule, closed: CodeModule) -> int:
    """Both readings of a text agree, whichever function is opened first. How many were closed."""
    count = sum(isinstance(unit, ClosedUnit) and unit.kind is UnitKind.FUNCTION for unit in closed.units)
    first, second = ModuleIndex(opened), ModuleIndex(closed)
    for unit in reversed(closed.units):
        assert unit.outline is not None
    numbers = {other.index: unit.index for unit, other in zip(real(opened), real(closed))}
    assert list(numbers) == sorted(numbers)
    for unit, other in zip(real(opened), real(closed)):
        assert {name: getattr(unit, name) for name in FIELDS} == {name: getattr(other, name) for name in FIELDS}
        assert unit.parent == (numbers[other.parent] if other.parent is not None else None)
        assert second.free(other.index) == unit.free
        assert [same(op, {}) for op in unit.outline or ()] == [same(op, numbers) for op in other.outline or ()]
        names = {name: numbers[number] for name, number in second.children(other.index).items()}
        assert names == first.children(unit.index)
        assert numbered(second.lowered(other.index).unit.graph, numbers) == first.lowered(unit.index).unit.graph
    assert len(real(opened)) == len(real(closed))
    return count


def same(op: Op, numbers: Mapping[int, int]) -> Op:
    """The op with the numbers of the other reading."""
    if isinstance(op, MakeFunction | MakeClass):
        return dataclasses.replace(op, unit=numbers.get(op.unit, op.unit))
    return op


def numbered(graph: ControlFlowGraph | None, numbers: Mapping[int, int]) -> ControlFlowGraph | None:
    """The graph with the numbers of the other reading."""
    if graph is None:
        return None
    blocks = (dataclasses.replace(block, ops=tuple(same(op, numbers) for op in block.ops)) for block in graph.blocks)
    return dataclasses.replace(graph, blocks=tuple(blocks))


def check(text: str) -> int:
    """All three readings of a text agree. How many functions were closed in the one that needs a syntax tree for that."""
    if skeleton_of(text, frozenset()) is not None:
        compare(outlined(text), skeletal(text, frozenset()))
    return compare(outlined(text), outlined(text, frozenset()))


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
    assert check(UNITS_INSIDE[name]) == 1
    (function, *inner) = real(outlined(UNITS_INSIDE[name], frozenset()))[1:]
    assert isinstance(function, ClosedUnit)
    assert inner


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
    "in the header of a function inside": ("def g(y: x): pass", "x", True, False),
    "as the result of a function inside": ("def g(y) -> x: pass", "x", True, False),
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


SHAPES = {
    "a string that starts further to the left": 'class A:\n    def f(self):\n        return """\ndef g(): pass\n"""\n    def h(self): return 1\n',
    "a bracket that ends further to the left": "class A:\n    def f(self, a):\n        return (a,\n    )\n    def h(self):\n        return 2\n",
    "quotes in a comment": 'def f():\n    # don\'t """\n    return 1\ndef g():\n    return 2 # """\n',
    "quotes in a string": "def f():\n    return '\"\"\"'\ndef g():\n    return \"'''\"\n",
    "quotes behind a string": "def f():\n    return 'a', '''b\ndef h(): pass\n'''\ndef g():\n    return 2\n",
    "a quote that is escaped": 'def f():\n    """a \\""" b\ndef h(): pass\n"""\ndef g():\n    return 2\n',
    "a header of several lines": "async def f(\n    a,  # the first: one\n    b={1: 2},\n) -> dict[\n    int, str\n]:  # and:\n    return a\n",
    "a comment at the end": "def f():\n    return 1\n    # and that\n# is it\n\n\nx = 1\n",
    "a comment on the last line": "def f():\n    return 1  # one\ndef g():\n    return 2\n",
    "a semicolon at the end": "def f():\n    return 1;\ndef g():\n    return 2\n",
    "lines that go on": "def f():\n    return 1 + \\\n2\ndef g():\n    return 2\n",
    "wide characters": "def f():\n    return 'ä'\ndef g(ö):\n    return 1\ndef h():\n    return 2\n",
    "a last line that goes on": "def f():\n    return 1\\\n\ndef g():\n    return 2\n",
    "functions under conditions": "if x:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2\n",
    "one line": "def f(): return 1\ndef g():\n    return 2\nclass A: pass\n",
    "no end of line": "def g():\n    return 2",
    "a class inside": "def f():\n    class A:\n        def g(self): pass\n    return A\ndef h():\n    return 1\n",
    "code in a string": "def f(a):\n    return f'''{a(x for x in a)}'''\ndef g():\n    return 1\n",
    "decorators": "@d\n@e(\n    lambda: 1\n)\ndef f(a=lambda: 2):\n    return 1\n",
    "lines of one statement": "class A:\n    def f(self):\n        return 1\n    x = 2\n    def g(self):\n        y = 1\n\n        return y\n    z = lambda: 1\n",
}


@pytest.mark.parametrize("name", SHAPES)
def test_bodies_of_any_shape(name: str) -> None:
    assert skeleton_of(SHAPES[name], frozenset()) is not None
    check(SHAPES[name])


WHOLE = {
    "tabs": "def f():\n\treturn 1\n",
    "other ends of lines": "def f():\r\n    return 1\r\n",
    "a string that goes on": "def f():\n    return 'a\\\nb'\n",
    "a string that does not end": "def f():\n    return '''a\n",
    "nothing to cut out": "x = 1\n",
    "a function behind a string on its line": '"""a\n""" def f():\n    return 1\n',
    "no function": "def f(:\n    return 1\n",
    "a bracket that goes on to the left": "def f():\n    return (1,\n2)\n",
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_has_to_be_parsed_as_a_whole(name: str) -> None:
    assert code_of_skeleton(WHOLE[name], frozenset()) is None


def test_no_python_in_a_function_that_stays_closed() -> None:
    module = code_of_skeleton("def f():\n    return 1 1\ndef g():\n    return 2\n", frozenset())
    assert module is not None
    assert [len(unit.outline or ()) > 0 for unit in module.units] == [True, False, True]
    assert module.lowered(1).graph is None
    assert module.lowered(2).graph is not None


USED = {
    "a call": ("x()", True),
    "an attribute of it": ("x.y()", False),
    "an attribute of it on another line": ("(x\n        .y)", False),
    "an attribute": ("y.x", True),
    "an attribute on the way": ("y.x.z", False),
    "a variable that is set": ("x = 1", False),
    "an attribute that is set": ("y.x = 1", False),
    "one that is added to": ("x += 1", True),
    "a comparison": ("y = x == 1", True),
    "handed over": ("f(x)", False),
    "handed over behind another": ("f(y, x, z)", False),
    "handed over behind a text": ("f('y', x)", False),
    "handed over by keyword": ("f(y=x)", False),
    "the keyword": ("f(x=y)", False),
    "handed to a class": ("Fa(x)", True),
    "handed on": ("y.submit(x)", True),
    "handed over with others": ("f((x, y))", True),
    "handed over starred": ("f(*x)", True),
    "handed over on another line": ("f(\n        y,\n        x,\n    )", False),
    "handed over behind a comment": ("f(y,  # g(\n        x)", False),
    "a comment before a tuple": ("y = (z,  # see f(\n        x)", True),
    "in a tuple": ("y = (x, 1)", True),
    "in a list": ("y = [1, x]", True),
    "in an index": ("y = z[x]", True),
    "returned in brackets": ("return (x)", True),
    "compared in brackets": ("if y in (1, x): pass", True),
    "in a text": ("y = 'x'", False),
    "in a comment": ("pass  # x", False),
    "in a formatted text": ("y = f'{x}'", True),
    "in a formatted text with its name": ("y = f'{x=}'", True),
    "in an annotation": ("y: x = 1", True),
    "in an annotation that is a text": ("y: 'x' = 1", True),
    "in an annotation with dots": ("y: x.z = 1", True),
    "in a long annotation": ("y: z[\n        x.z\n    ] = 1", True),
    "a keyword of a pattern": ("match y:\n        case Z(x=1): pass", True),
    "imported": ("from y import x", True),
    "imported from": ("from x.y import z", False),
    "a default": ("f(lambda a, y=x, b=1: y)", True),
    "a default of a function": ("def g(y=x, z=1): pass", True),
    "in the header of a function": ("def g(y: x): pass", True),
    "in the header of a function, as a text": ("def g(y: 'x'): pass", True),
    "a part of another name": ("xy(y_x)", False),
    "another name": ("x_y = x1", False),
}


def names_in(statement: str) -> Set[str]:
    """What a syntax tree tells of the names in a function."""
    tree = ast.parse(f"def f():\n    {statement}\n").body[0]
    assert isinstance(tree, ast.FunctionDef)
    seen = look_into(tree)
    assert seen is not None
    return seen.names


@pytest.mark.parametrize("name", USED)
def test_uses_in_the_text(name: str) -> None:
    statement, is_used = USED[name]
    assert may_use(f"    {statement}\n", "x") is is_used
    assert is_used or "x" not in names_in(statement)


SET = {
    "an attribute": ("y.x = 1", True),
    "an attribute of an attribute": ("y.x.z = 1", False),
    "an item of an attribute": ("y.x[1] = 2", False),
    "an attribute that is read": ("z = y.x", False),
    "an attribute that is called": ("y.x(1)", False),
    "one that is compared": ("z = y.x == 1", False),
    "one that is multiplied": ("z = y.x * 2", False),
    "one that is added to": ("y.x += 1", True),
    "one that is raised": ("y.x **= 1", True),
    "one that is shifted": ("y.x <<= 1", True),
    "one of several": ("z, y.x = 1, 2", True),
    "the first of several": ("y.x, z = 1, 2", True),
    "one in brackets": ("(y.x) = 1", True),
    "one of a loop": ("for y.x in z: pass", True),
    "one of a with": ("with z as y.x: pass", True),
    "one that is deleted": ("del y.x", True),
    "one that is handed over": ("f(y.x, 1)", False),
    "one of a comprehension that is handed over": ("f(1 for z, y.x, a in b)", True),
    "one that is annotated": ("y.x: z = 1", True),
    "a key": ("y['x'] = 1", True),
    "a key that is read": ("z = y['x']", False),
    "a key on the way": ("y['x'].z = 1", False),
    "a key that is called": ("y['x'](1)", False),
    "a part of a key": ("y['x z'] = 1", False),
    "a text": ("y = 'x'", False),
    "a variable": ("x = 1", False),
    "behind a blank": ("y. x = 1", True),
}


@pytest.mark.parametrize("name", SET)
def test_stores_in_the_text(name: str) -> None:
    statement, is_set = SET[name]
    assert may_store(f"    {statement}\n", "x") is is_set
    assert is_set or ".x" not in names_in(statement)
