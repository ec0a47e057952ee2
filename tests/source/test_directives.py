"""Suppression comments: which findings they silence."""

from __future__ import annotations

import pytest

from tests.support import check

LEAK = "import psycopg2\ndef f(dsn):\n    conn = psycopg2.connect(dsn){here}\n    conn.cursor()\n"

CASES = [
    ("no comment", LEAK.format(here=""), 1),
    ("on the line", LEAK.format(here="  # pgleak: ignore[PGL101] closed elsewhere"), 0),
    ("by name", LEAK.format(here="  # pgleak: ignore[never-released]"), 0),
    ("by prefix", LEAK.format(here="  # pgleak: ignore[PGL1]"), 0),
    ("another code", LEAK.format(here="  # pgleak: ignore[PGL102]"), 1),
    ("without codes it silences nothing", LEAK.format(here="  # pgleak: ignore[]"), 1),
    ("noqa with the code", LEAK.format(here="  # noqa: PGL101"), 0),
    ("noqa with several codes", LEAK.format(here="  # noqa: E501, PGL101"), 0),
    ("a bare noqa never hides a leak", LEAK.format(here="  # noqa"), 1),
    (
        "alone on a line: the next statement",
        LEAK.format(here="").replace("    conn = p", "    # pgleak: ignore[PGL101]\n    conn = p"),
        0,
    ),
    ("the whole file", "# pgleak: file-ignore[PGL101]\n" + LEAK.format(here=""), 0),
    (
        "a range",
        LEAK.format(here="").replace("def f", "# pgleak: disable[PGL101]\ndef f") + "# pgleak: enable[PGL101]\n",
        0,
    ),
    ("a range that ended before", "# pgleak: disable[PGL101]\n# pgleak: enable[PGL101]\n" + LEAK.format(here=""), 1),
    ("words in a string", LEAK.format(here="; s = '# pgleak: ignore[PGL101]'"), 1),
    (
        "any line of the statement",
        "import psycopg2\ndef f(dsn):\n    conn = psycopg2.connect(\n        dsn,  # pgleak: ignore[PGL101]\n    )\n    conn.cursor()\n",
        0,
    ),
]


@pytest.mark.parametrize(("source", "left"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_suppression(source: str, left: int) -> None:
    report = check(source)
    assert (len(report.findings), len(report.suppressed)) == (left, 1 - left)
