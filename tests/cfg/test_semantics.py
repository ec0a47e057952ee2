"""Lowering against Python itself: random programs run in CPython and on their graphs, under the same decisions."""

from __future__ import annotations

import os

import pytest

from tests.cfg.compare import compare, lower
from tests.cfg.programs import Writer

SEEDS = int(os.environ.get("PGLEAK_CFG_SEEDS", "40"))


@pytest.mark.parametrize("mode", ["sync", "generator", "async"])
def test_graphs_do_what_python_does(mode: str) -> None:
    counted = 0
    for seed in range(SEEDS):
        source = Writer(seed, mode).write()
        try:
            compile(source, "<program>", "exec")
        except SyntaxError:  # a `yield` in a comprehension, for one
            continue
        counted += compare(source, mode, runs=40)
    assert counted > SEEDS * 10


WRITTEN_OUT = {
    "an inner item swallows, the outer one is left": "def f(x, y):\n    with cm(1), cm(2):\n        t(3)\n    return u(4)\n",
    "a handler is lowered from inside a comprehension": (
        "def f(x, y):\n    try:\n        [t(x) for x in (1, 2)]\n    finally:\n        u(3, x)\n    return u(4)\n"
    ),
    "raise of the caught name keeps its kind": (
        "def f(x, y):\n    try:\n        try:\n            raise CancelledError\n        except BaseException as e:\n"
        "            u(1)\n            raise e\n    except Exception:\n        return 1\n"
    ),
    "what is raised again may be a subclass": (
        "def f(x, y):\n    try:\n        try:\n            t(1)\n        except LookupError:\n            raise\n"
        "    except KeyError:\n        return u(2)\n"
    ),
    "starred arguments come before keywords": "def f(x, y):\n    return dict(a=t(1), *it(2))\n",
    "a lambda in a comprehension sees its target": "def f(x, y):\n    return u(1, [(lambda: x)() for x in (5, 6)], x)\n",
    "return in finally wins": "def f(x, y):\n    try:\n        return t(1)\n    finally:\n        return 2\n",
    "break in finally wins": (
        "def f(x, y):\n    for x in it(1):\n        try:\n            t(2)\n        finally:\n            break\n"
        "    else:\n        u(3)\n    return x\n"
    ),
    "class pattern with parts": (
        "def f(x, y):\n    match t(1):\n        case int() | str():\n            return u(2)\n        case _:\n            return 3\n"
    ),
}


@pytest.mark.parametrize("body", ["while 1: pass", "while 1: continue", "while True:\n        while True: pass"])
def test_a_loop_of_nothing_is_a_valid_graph(body: str) -> None:
    lower(f"def f():\n    {body}\n")


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_written_out(name: str) -> None:
    assert compare(WRITTEN_OUT[name], "sync", runs=200) > 0
