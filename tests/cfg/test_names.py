"""What a unit binds, what it takes from around it, and which units there are, also in code that never runs."""

from __future__ import annotations

import libcst
import pytest

from pgleak_lint.cfg.graph import CodeUnit
from tests.cfg.compare import lower


def units(source: str) -> dict[str, CodeUnit]:
    return {unit.qualname: unit for unit in lower(source).units}


def test_dead_code_has_names_and_units_but_no_blocks() -> None:
    source = "def f():\n    return 1\n"
    dead = "    def g(): pass\n    x = lambda: 2\n    if x: y = (z for z in x)\n"
    assert units(source + dead)["f"].bound == {"g", "x", "y"}
    assert {"f.g", "f.<lambda>", "f.<genexpr>"} <= set(units(source + dead))
    assert _blocks(source + dead) == _blocks(source)


def _blocks(source: str) -> int:
    graph = units(source)["f"].graph
    assert graph is not None
    return len(graph.blocks)


def test_class_names_are_not_seen_by_methods() -> None:
    found = units("def f():\n    class A:\n        v = 1\n        def m(self): return v, A\n    return A\n")
    assert found["f.A.m"].free == {"v", "A"}
    assert found["f"].free == {"v"}


@pytest.mark.skipif(not hasattr(libcst, "TemplatedString"), reason="this libcst does not know template strings")
def test_template_strings_evaluate_their_parts() -> None:
    assert units("def f(a):\n    return t'{a()} {b}'\n")["f"].free == {"b"}
