"""Every graph of the standard library is valid. ``PGLEAK_WHOLE_STDLIB=1`` takes all files instead of a sample."""

from __future__ import annotations

import os
import random
from pathlib import Path

import libcst

from pgleak_lint.cfg.lower import lower_module
from pgleak_lint.cfg.render import render_mermaid, render_text
from pgleak_lint.cfg.verify import verify
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import check_syntax, decode, parse_tree

SAMPLE = 150
LARGEST = 60_000


def test_stdlib_lowers_to_valid_graphs() -> None:
    files = sorted(path for path in Path(os.__file__).parent.rglob("*.py") if "site-packages" not in path.parts)
    if not os.environ.get("PGLEAK_WHOLE_STDLIB"):
        files = random.Random(7).sample([path for path in files if path.stat().st_size < LARGEST], SAMPLE)
    assert run_with_deep_stack(lambda: sum(map(_units, files))) > len(files)


def _units(path: Path) -> int:
    text = decode(path.read_bytes())
    if not isinstance(text, str) or check_syntax(text) is not None:
        return 0
    tree = parse_tree(text)
    if not isinstance(tree, libcst.Module):
        return 0
    module = lower_module(tree)
    for unit in module.units:
        assert unit.parent is None or unit.parent < unit.index
        if unit.graph is not None:
            verify(unit.graph)
    render_text(module.units[-1])
    render_mermaid(module.units[-1])
    return len(module.units)
