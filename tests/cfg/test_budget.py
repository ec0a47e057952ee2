"""Units that would need absurd graphs are given up quickly, and the units inside them are not."""

from __future__ import annotations

import libcst

from pgleak_lint.cfg.lower import lower_module

SECONDS = 20
"""Far above what it takes, far below what it took without the limits."""


def nested(depth: int, inner: str) -> str:
    lines = ["def f():"]
    for level in range(depth):
        indent = "    " * (level + 1)
        lines += [f"{indent}try:", f"{indent}    g{level}()", f"{indent}finally:"]
    indent = "    " * (depth + 1)
    return "\n".join([*lines, *(indent + line for line in inner.splitlines()), f"{indent}h = lambda: 1"]) + "\n"


LONG = "\n".join(f"x{i} = 1" for i in range(1_500))


def test_straight_code_has_no_limit() -> None:
    source = "def f(a):\n    x = [" + "1, " * 150_000 + "]\n"
    assert lower_module(libcst.parse_module(source)).units[1].graph is not None


def test_the_limit_is_a_parameter() -> None:
    source = "def f(a):\n" + "    if a: a()\n" * 500
    assert lower_module(libcst.parse_module(source), max_blocks=1).units[1].graph is not None, "lines count, too"
    bomb = libcst.parse_module(nested(8, "g()"))
    assert lower_module(bomb).units[1].graph is not None
    assert lower_module(bomb, max_blocks=-600).units[1].graph is None
