"""Results survive being kept as data; data that was tampered with is an error, never another result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgleak_lint import Settings
from pgleak_lint.cache.codec import Mismatch, decode, encode
from pgleak_lint.pipeline.check_file import check_file
from pgleak_lint.pipeline.result import FileResult

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "leaky").rglob("*.py"))


def result_of(path: Path) -> FileResult:
    return check_file(path.name, path.read_bytes(), Settings(strict=True, preset="all"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_results_come_back_as_they_were(path: Path) -> None:
    result = result_of(path)
    assert result.findings
    assert decode(FileResult, json.loads(json.dumps(encode(result)))) == result


def test_suppressed_findings_and_diagnostics_come_back() -> None:
    text = (
        b"import psycopg2\n\n\ndef f(dsn):\n    conn = psycopg2.connect(dsn)  # pgleak: ignore[PGL101] known\n"
        b"    return 1  # pgleak: ignore[PGL102]\n"
    )
    result = check_file("a.py", text, Settings(strict=True))
    assert result.suppressed
    assert result.diagnostics
    assert decode(FileResult, json.loads(json.dumps(encode(result)))) == result


def mutations(data: Any, draw: st.DataObject) -> Any:
    """The data with one value in it exchanged for one of another kind."""
    if isinstance(data, list) and data and draw.draw(st.booleans()):
        place = draw.draw(st.integers(0, len(data) - 1))
        return [*data[:place], mutations(data[place], draw), *data[place + 1 :]]
    others = [None, 7, "x", [], {}, True, 1.5, [[]]]
    return draw.draw(st.sampled_from([other for other in others if type(other) is not type(data)]))


@given(st.data())
def test_other_data_is_refused_or_something_else(draw: st.DataObject) -> None:
    result = result_of(EXAMPLES[0])
    data = mutations(json.loads(json.dumps(encode(result))), draw)
    try:
        found = decode(FileResult, data)
    except Mismatch:
        return
    assert isinstance(found, FileResult)


def test_what_has_no_data_is_refused() -> None:
    with pytest.raises(TypeError):
        encode(object())
