"""Sources beside their printed graphs. A case file holds the source, a line of dashes, and what `render_text` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgleak_lint.cfg.render import render_mermaid, render_text
from tests.cfg.compare import lower

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
DASHES = "-" * 40 + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_printed_graph(case: Path, *, update_golden: bool) -> None:
    source, _, golden = case.read_text("utf-8").partition(DASHES)
    printed = "\n".join(render_text(unit) for unit in lower(source).units if unit.parent is not None)
    if update_golden:
        case.write_text(source + DASHES + printed, "utf-8")
    else:
        assert printed == golden


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_mermaid_needs_no_escapes(case: Path) -> None:
    for unit in lower(case.read_text("utf-8").partition(DASHES)[0]).units:
        for line in render_mermaid(unit).splitlines():
            assert "`" not in line
            assert line.count('"') in (0, 2)
