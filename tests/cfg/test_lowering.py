"""Lowering: every construct of the language, checked by `verify`, and against CPython itself."""

from __future__ import annotations

import contextlib
import os
import random
import sysconfig
import textwrap
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import libcst
import pytest

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import CodeUnit, ControlFlowGraph, EdgeKind, ExitKind
from pgleak_lint.cfg.lower import lower_module
from pgleak_lint.cfg.render import render_mermaid, render_text
from pgleak_lint.cfg.verify import InvalidGraph, verify
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault, check_syntax, decode, parse_tree

CONSTRUCTS = {
    "nested functions and lambdas": "def f(a, *b, c=g(), **d):\n    def h(): return a\n    return lambda x=c: (x, h)",
    "comprehensions": "x = [a for a in b if a for c in a]; y = {k: v for k, v in z}; w = {i async for i in j} if 0 else ()",
    "generator expressions": "x = sum(a + y for a in b if (y := a))",
    "decorators": "@a(1)\n@b\nclass C(D, metaclass=M):\n    @property\n    def x(self): return self._x",
    "if and elif": "if a: b()\nelif c: d()\nelif e and not f or g: pass\nelse: h()",
    "ternary and boolean values": "x = a() if b else (c or d and e)",
    "walrus": "if (n := f()) and (m := n.x) > 3: print(n, m)",
    "chained comparison": "x = a() < b() <= c() != d()\nif 1 < x < 2: y = 1",
    "while and else": "while a():\n    if b: break\n    if c: continue\nelse: d()",
    "for and else": "for a, *b in c():\n    if a: break\n    continue\nelse: d()",
    "async": "async def f():\n    async for a in b:\n        async with c as d, e: await g(a)\n    return [await x async for x in y]",
    "try in full": "try: a()\nexcept (B, c.D) as e: raise X from e\nexcept: raise\nelse: f()\nfinally: g()",
    "except star": "try: a()\nexcept* ValueError as e: b(e)\nexcept* OSError: pass",
    "finally that overrides": "def f():\n    for x in y:\n        try: return g()\n        finally:\n            if x: break\n            continue",
    "with several items": "with a() as (b, c), d(), e() as f.g: h()\nwith (i() as j, k()): pass",
    "match": "match f():\n    case None | True: a()\n    case [x, *y] if x: b()\n    case {'k': v, **rest}: c(v, rest)\n"
    "    case C(z, w=1) as whole: d(z, whole)\n    case 3 | 'x': e()\n    case other: g(other)",
    "assert and raise": "assert a(), b()\nraise SystemExit(1)",
    "yield": "def f():\n    x = yield\n    y = yield x, 1\n    z = yield from g(y)\n    return z",
    "del": "del a, b.c, d[0], (e, f)",
    "global and nonlocal": "def f():\n    global a\n    a = b = 1\n    def g():\n        nonlocal b\n        b += 1",
    "star unpacking": "a, *b = c; f(*a, k=1, **b); x = [*a, *b]; y = {**a, 'k': 1}; (d, [e, g]) = h",
    "f-strings": "x = f'{a()!r:>{b()}} {c}' 'tail' f'{d}'",
    "type aliases": "type A[T] = list[T]\ndef f[T: int](x: T) -> T: ...\nclass C[T]: pass",
    "augmented assignment": "a += 1; b.c -= f(); d[g()] *= h()",
    "annotated assignment": "a: int = 1; self.b: str; c: list[int]",
    "imports": "import a.b, c as d\nfrom . import e\nfrom ..f import g as h, i\nfrom j import *",
    "slices and ellipsis": "x = a[1:2, ::3, ...]; y = b[:]; z[c()] = 4",
    "unreachable code": "def f():\n    return 1\n    def g(): pass\n    x = 2",
    "an endless loop": "def f():\n    while True:\n        g()",
    "process end": "import sys\ntry: sys.exit(1)\nexcept Exception: a()\nfinally: b()",
    "nothing at all": "",
}


def lower(source: str) -> tuple[CodeUnit, ...]:
    units = lower_module(libcst.parse_module(textwrap.dedent(source))).units
    for position, unit in enumerate(units):
        assert unit.index == position
        assert unit.parent is None or unit.parent < position
        assert unit.graph is not None
        verify(unit.graph)
    return units


@pytest.mark.parametrize("source", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_construct(source: str) -> None:
    for unit in lower(source):
        assert render_text(unit) == render_text(unit)
        assert render_mermaid(unit).startswith("flowchart TD\n")


def graph_of(source: str, name: str = "f") -> ControlFlowGraph:
    unit = next(unit for unit in lower(source) if unit.qualname == name)
    assert unit.graph is not None
    return unit.graph


def exits_of(graph: ControlFlowGraph) -> set[ExitKind]:
    targets = {edge.target for block in graph.blocks for edge in block.edges}
    return {kind for kind, block in graph.exits if block in targets}


EXITS = [
    ("def f(): g()", {ExitKind.RETURN, ExitKind.EXCEPTION}),
    ("def f(): return 1", {ExitKind.RETURN}),
    ("async def f(): await g()", {ExitKind.RETURN, ExitKind.EXCEPTION, ExitKind.CANCELLATION}),
    ("def f(): yield 1", {ExitKind.RETURN, ExitKind.EXCEPTION, ExitKind.GENERATOR_CLOSE}),
    ("import sys\ndef f(): sys.exit()", {ExitKind.EXCEPTION, ExitKind.PROCESS_END} - {ExitKind.EXCEPTION}),
    ("def f():\n    try: g()\n    except: pass", {ExitKind.RETURN}),
    ("async def f():\n    try: await g\n    except Exception: pass", {ExitKind.RETURN, ExitKind.CANCELLATION}),
    ("async def f():\n    try: await g\n    except BaseException: pass", {ExitKind.RETURN}),
    ("def f():\n    try: g()\n    finally: return 1", {ExitKind.RETURN}),
    ("def f():\n    try: raise KeyError\n    except LookupError: pass", {ExitKind.RETURN}),
    ("def f():\n    try: raise KeyError\n    except OSError: pass", {ExitKind.EXCEPTION}),
    ("def f():\n    try:\n        raise KeyError\n    except Exception:\n        raise", {ExitKind.EXCEPTION}),
    ("def f():\n    while True: pass", set()),
    ("def f(x):\n    try: raise MyError\n    except Other: pass", {ExitKind.EXCEPTION, ExitKind.RETURN}),
]


@pytest.mark.parametrize(("source", "expected"), EXITS, ids=[source for source, _ in EXITS])
def test_exits(source: str, expected: set[ExitKind]) -> None:
    assert exits_of(graph_of(source)) == expected


def test_finally_is_lowered_once_per_way_of_leaving() -> None:
    graph = graph_of("def f(x):\n    try:\n        if x: return g()\n    finally: h()")
    calls = [op for block in graph.blocks for op in block.ops if isinstance(op, ops.Call)]
    names = [op.span.column for op in calls]
    assert len(calls) == 4, "g, and h on return, on falling through and on an exception"
    assert len(set(names)) == 2


def test_with_has_both_edges() -> None:
    graph = graph_of("def f():\n    with a() as b: g()\n    h()")
    kinds = {
        edge.kind
        for block in graph.blocks
        for op in block.ops
        for edge in block.edges
        if isinstance(op, ops.Exit) and op.exceptional
    }
    assert kinds == {EdgeKind.SWALLOW, EdgeKind.EXCEPTION}


def test_a_unit_in_a_finally_is_one_unit() -> None:
    units = lower("def f():\n    try: g()\n    finally:\n        def h(): pass\n        h()")
    assert [unit.qualname for unit in units] == ["<module>", "f", "f.h"]


def test_scopes() -> None:
    units = {
        unit.qualname: unit
        for unit in lower("x = 1\ndef f(a):\n    b = [c for c in a]\n    def g(): return b + x\n    return g")
    }
    assert units["f"].bound >= {"a", "b", "g"}
    assert "c" not in units["f"].bound
    assert units["f.g"].free == {"b", "x"}
    assert units["f"].free == {"x"}


def test_finally_nested_in_finally_ends() -> None:
    source = (
        "def f():\n"
        + "".join("    " * (i + 1) + "try: g()\n" + "    " * (i + 1) + "finally:\n" for i in range(30))
        + "    " * 31
        + "h()\n"
    )
    unit = lower_module(libcst.parse_module(source)).units[1]
    assert unit.graph is None
    assert "basic blocks" in (unit.too_large or "")


def test_verify_notices() -> None:
    graph = graph_of("def f(): g()")
    broken = graph.blocks[:-1]
    with pytest.raises(InvalidGraph):
        verify(ControlFlowGraph(broken, graph.entry, graph.exits))
    with pytest.raises(InvalidGraph):
        verify(ControlFlowGraph(tuple(reversed(graph.blocks)), graph.entry, graph.exits))


# -- against CPython -------------------------------------------------------------------------------


class _Raised(Exception):
    pass


def random_body(rng: random.Random, depth: int, *, loop: bool) -> list[str]:
    """Statements over calls ``t(n)``, which record that they ran and then return true, false, or raise."""
    lines: list[str] = []
    for _ in range(rng.randint(1, 2)):
        kinds = ["call", "return", "if", "while", "try", "with", "for", "raise"] + (
            ["break", "continue"] if loop else []
        )
        kind = rng.choice(kinds) if depth < 3 else rng.choice(["call", "return"])
        number = rng.randint(1, 999)
        inner = (
            [f"    {line}" for line in random_body(rng, depth + 1, loop=loop or kind in ("while", "for"))]
            if depth < 3
            else []
        )
        match kind:
            case "call":
                lines.append(f"t({number})")
            case "return" | "break" | "continue" | "raise":
                lines.append({"return": f"return t({number})", "raise": f"raise E(t({number}))"}.get(kind, kind))
            case "if":
                other = [f"    {line}" for line in random_body(rng, depth + 1, loop=loop)]
                lines += [f"if t({number}) and not t({number + 1000}):", *inner, "else:", *other]
            case "while" | "for":
                head = f"while t({number}):" if kind == "while" else f"for _ in range(bool(t({number}))):"
                lines += [head, *inner, "else:", f"    t({number + 1000})"]
            case "try":
                tail = [f"    {line}" for line in random_body(rng, depth + 1, loop=loop)]
                lines += [
                    "try:",
                    *inner,
                    *rng.choice(
                        [
                            ["except E:", *tail],
                            ["finally:", *tail],
                            ["except E:", *tail, "finally:", f"    t({number})"],
                        ]
                    ),
                ]
            case "with":
                lines += [f"with cm({number}):", *inner]
    return lines


def traces(source: str) -> Iterator[tuple[int, ...]]:
    """The sequences of calls that CPython makes, for all answers of a short tape (true, false, raise)."""

    class Stop(BaseException):
        pass

    for tape in product((0, 1, 2), repeat=5):
        answers, seen = list(tape), []

        def t(number: int, answers: list[int] = answers, seen: list[int] = seen) -> bool:
            seen.append(number)
            if not answers:
                raise Stop
            answer = answers.pop(0)
            if answer == 2:
                raise _Raised
            return bool(answer)

        class cm:  # noqa: N801
            def __init__(self, number: int) -> None:
                pass

            def __enter__(self) -> None:
                pass

            def __exit__(self, *_: object) -> None:
                pass

        space: dict[str, object] = {"t": t, "cm": cm, "E": _Raised}
        exec(compile(source, "<generated>", "exec"), space)
        with contextlib.suppress(_Raised, Stop):
            space["f"]()  # type: ignore[operator]
        yield tuple(seen)


def is_path(graph: ControlFlowGraph, numbers: dict[int, int], trace: tuple[int, ...]) -> bool:
    """Whether some path of the graph makes just these calls first. ``numbers``: block that ends in a call of t → its number."""
    states = {(graph.entry, 0)}
    seen = set()
    while states:
        block, done = states.pop()
        if done == len(trace):
            return True
        if (block, done) in seen:
            continue
        seen.add((block, done))
        if block in numbers:
            if numbers[block] != trace[done]:
                continue
            done += 1
        states |= {(edge.target, done) for edge in graph.blocks[block].edges}
    return len(trace) == 0


@pytest.mark.parametrize("seed", range(40))
def test_what_cpython_does_is_a_path(seed: int) -> None:
    rng = random.Random(seed)
    source = "def f():\n" + "\n".join(f"    {line}" for line in random_body(rng, 0, loop=False)) + "\n"
    graph = graph_of(source)
    lines = source.split("\n")
    numbers = {}
    for block in graph.blocks:
        if block.ops and isinstance(block.ops[-1], ops.Call):
            span = block.ops[-1].span
            text = lines[span.line - 1][span.column - 1 : span.end_column - 1]
            if text.startswith("t("):
                numbers[block.id] = int(text[2:-1])
    for trace in set(traces(source)):
        assert is_path(graph, numbers, trace), (source, trace)


def test_the_standard_library() -> None:
    """A sample of real files; all of them with PGLEAK_ALL_STDLIB=1."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py"))
    files = [path for path in files if "site-packages" not in path.parts]
    if not os.environ.get("PGLEAK_ALL_STDLIB"):
        files = random.Random(7).sample(files, min(60, len(files)))

    def lower_all() -> int:
        done = 0
        for path in files:
            text = decode(path.read_bytes())
            if isinstance(text, Fault) or check_syntax(text) is not None:
                continue
            tree = parse_tree(text)
            assert isinstance(tree, libcst.Module), path
            for unit in lower_module(tree).units:
                if unit.graph is not None:
                    verify(unit.graph)
                    done += 1
        return done

    assert run_with_deep_stack(lower_all) > 100
