"""An outline says what the graphs of the same text say: the same units, names, calls, attributes and bindings."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import CodeModule, CodeUnit, UnitKind
from pgleak_lint.cfg.lower import lower_module
from pgleak_lint.cfg.on_demand import lowered_on_demand
from pgleak_lint.cfg.outline import outline_module
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault, decode, parse_tree, read_syntax, split_lines

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
LIBRARY = Path(sysconfig.get_paths()["stdlib"])
MODULES = (
    "contextlib.py",
    "queue.py",
    "sqlite3/dbapi2.py",
    "asyncio/pool.py",
    "asyncio/tasks.py",
    "dataclasses.py",
    "socketserver.py",
)
HEADER = (
    "name", "qualname", "parameters", "is_async", "is_generator", "global_names", "nonlocal_names",
)  # fmt: skip
COMPARED = (
    ops.Load, ops.Store, ops.Attr, ops.SetAttr, ops.SetItem, ops.Call, ops.Await, ops.Yield, ops.Enter, ops.Import, ops.Declare,
)  # fmt: skip

TEXTS = {
    "places": "@deco(lambda: 1)\nasync def f(a, /, b=lambda: [x for x in a], *c, d: int = 3, **e) -> 'int':\n    return (y for y in b)\n",
    "in a class": "class A(B, metaclass=M):\n    x: int\n    y = 1; z = [y for y in x]\n    def m(self): return self.x\n",
    "wide characters": "def f():\n    s = 'äöü😀'; g('ä', conn.cursor('😀').execute(s)); return s\n",
    "tabs": "class A:\n\tdef f(self):\n\t\tif self.x:\n\t\t\treturn '''\nnot indented\n'''\n\t\treturn self.y()\n",
    "one line": "class A:\n    def f(self): return self.y(); self.z()\n",
    "dead code": "def f():\n    try:\n        return a()\n    finally:\n        b()\n    c()\ndef g():\n    while True:\n        d()\n    e()\n",
    "match": "def f(x):\n    match x:\n        case [a, *b] | (a, b) if a: return a\n        case {'k': c, **d}: return c\n        case K(e) as g: return g\n",
    "calls": "f(x for x in y)\nf(*a, k=b, **c)\n(f)(a)(b)\nf(a, (x for x in y))\n",
    "nested": "def f():\n    def g(x=[i for i in a]):\n        nonlocal h\n        h = lambda: x\n    h = 1\n    return [lambda: (i, j) for i in g for j in i]\n",
    "continued": "if x: pass\nclass A: \\\n  y = 1\n",
}


def outlined(text: str, leading: frozenset[str] | None = None) -> CodeModule:
    """The outline of a text; functions without any of the words ``leading`` stay closed."""
    tree = read_syntax(text)
    assert isinstance(tree, ast.Module)
    lines = split_lines(text)
    return lowered_on_demand(outline_module(tree, lines, leading), lines)


def whole(text: str) -> CodeModule:
    """All graphs of a text."""
    tree = parse_tree(text)
    assert not isinstance(tree, Fault)
    return lower_module(tree)


def by_place(module: CodeModule) -> dict[object, CodeUnit]:
    """Units by what both parsers agree on: kind, name, line, and which one of several on a line."""
    found: dict[object, CodeUnit] = {}
    for unit in sorted(module.units, key=lambda unit: unit.span[:2]):
        line = 0 if unit.kind is UnitKind.MODULE else unit.span.line
        count = sum((unit.kind, unit.qualname, line, number) in found for number in range(len(found)))
        found[unit.kind, unit.qualname, line, count] = unit
    return found


def essence(op: ops.Op) -> tuple[object, ...]:
    """What an op says, without temps, numbers of units and spans that only one of the parsers knows."""
    fields = ("name", "attr", "module", "is_async", "decorator", "delegates", "target")
    said = [getattr(op, field, None) for field in fields]
    place = op.span if isinstance(op, ops.Call | ops.Attr | ops.Await | ops.Enter) else None
    arguments = tuple(a[1:] for a in op.arguments) if isinstance(op, ops.Call) else ()
    return (type(op).__name__, *said, place, arguments)


def essences(found: list[ops.Op]) -> set[tuple[object, ...]]:
    """Without pseudo-variables: which ones there are is an affair of each."""
    return {
        essence(op)
        for op in found
        if isinstance(op, COMPARED) and not (isinstance(op, ops.Load | ops.Store) and op.name[0] == "$")
    }


def check(text: str) -> None:
    """Both ways of reading ``text`` agree."""
    outline, graphs = outlined(text), whole(text)
    pairs = [(unit, by_place(graphs).get(place)) for place, unit in by_place(outline).items()]
    assert len(outline.units) >= len(graphs.units)
    compared = 0
    for unit, other in pairs:
        if other is None or other.graph is None or unit.outline is None:
            continue
        compared += 1
        if unit.kind is not UnitKind.MODULE:
            assert [getattr(unit, field) for field in HEADER] == [getattr(other, field) for field in HEADER]
            # A handler that nothing leads to is outlined, and not lowered.
            assert unit.bound >= other.bound
            assert unit.free >= other.free
        reached = [op for block in other.graph.blocks for op in block.ops]
        assert essences(reached) <= essences(list(unit.outline)), unit.qualname
        done = outline.lowered(unit.index)
        assert done.graph is not None
        assert [essences(list(block.ops)) for block in done.graph.blocks] == [
            essences(list(block.ops)) for block in other.graph.blocks
        ]
        assert done.graph.exits == other.graph.exits
    assert compared >= 0.9 * len(graphs.units)


def sources() -> Iterator[tuple[str, str]]:
    """Name and text of everything that both ways of reading are tried on."""
    yield from TEXTS.items()
    for case in CASES:
        text = case.read_text("utf-8").partition("-" * 40)[0]
        if isinstance(read_syntax(text), ast.Module):
            yield case.stem, text
    for name in MODULES:
        path = LIBRARY / name
        text = decode(path.read_bytes()) if path.exists() else None
        if isinstance(text, str):
            yield name, text


SOURCES = dict(sources())


@pytest.mark.parametrize("name", SOURCES)
def test_both_readings_agree(name: str) -> None:
    run_with_deep_stack(lambda: check(SOURCES[name]))


def test_dead_code_has_units_and_no_ops() -> None:
    module = outlined(TEXTS["dead code"])
    names = {op.name for unit in module.units for op in unit.outline or () if isinstance(op, ops.Load)}
    assert names == {"a", "b", "d"}


def test_only_the_function_asked_for_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    import libcst

    texts = []
    parse = libcst.parse_module
    monkeypatch.setattr(libcst, "parse_module", lambda text: texts.append(text) or parse(text))
    module = outlined("def f():\n    return 1\n\n\nclass A:\n    def g(self):\n        return 2\n")
    made = module.lowered(next(unit.index for unit in module.units if unit.name == "g"))
    assert texts == ["if 1:\n    def g(self):\n        return 2\n"]
    assert made.graph is not None
    assert {op.span.line for block in made.graph.blocks for op in block.ops} <= {6, 7}


def test_what_libcst_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import libcst

    def refuse(text: str) -> None:
        raise ValueError(text)

    monkeypatch.setattr(libcst, "parse_module", refuse)
    unit = outlined("def f():\n    return 1\n").lowered(1)
    assert unit.graph is None
    assert unit.too_large == "`f` can't be read by the parser; it was not analysed"
