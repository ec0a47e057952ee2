"""What may be changed in a program without changing the verdict, and what may not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from tests.oracle.programs import Generator, render
from tests.oracle.spread import (
    MAIN,
    VARIANTS,
    InMemory,
    Modules,
    check_modules,
)
from tests.oracle.subject import Verdict

SYNC = """\
import psycopg2.pool

pool = psycopg2.pool.ThreadedConnectionPool(1, 5, "x")


def whole():
    conn = pool.getconn()
    try:
        return conn.cursor().fetchall()
    finally:
        pool.putconn(conn)


def in_a_handler():
    conn = pool.getconn()
    try:
        conn.cursor().execute("x")
    except BaseException:
        pool.putconn(conn)
        raise
    pool.putconn(conn)


def in_a_loop(rows):
    for row in rows:
        conn = pool.getconn()
        try:
            conn.cursor().execute(row)
        finally:
            pool.putconn(conn)
"""


def verdict(texts: Modules) -> Verdict:
    found = check_modules(texts)
    assert not found.fault
    return found


def programs(mode: str, count: int) -> Iterator[str]:
    rng = random.Random(f"metamorphic {mode}")
    for _ in range(count):
        yield render(Generator(rng, mode).program()).shown


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_every_way_of_writing_a_program_gets_one_verdict(mode: str) -> None:
    compared = 0
    for text in programs(mode, 50):
        plain = verdict({MAIN: text})
        for variant in VARIANTS:
            other = verdict(variant(text))
            if plain.bounded or other.bounded:
                continue
            compared += 1
            assert sorted(plain.leaks) == sorted(other.leaks), f"{variant.__name__}\n{text}"
    assert compared > 200


def helper(body: str) -> Callable[[str], Modules]:
    """The text with its releases going through a function of another module with that body."""

    def spread(text: str) -> Modules:
        main = text.replace("pool.putconn(", "take_back(pool, ")
        return {
            MAIN: f"from app.give import take_back\n{main}",
            "app/give.py": f"def take_back(pool, conn):\n{body}",
        }

    return spread


def lines_of(text: str) -> set[int]:
    """The lines of the acquires, one further down for the import above."""
    return {n + 1 for n, line in enumerate(text.splitlines(), 1) if ".getconn()" in line}


def test_a_helper_that_releases_creates_no_finding_and_without_its_release_one_in_each_caller() -> None:
    assert verdict({MAIN: SYNC}).leaks == {}
    assert verdict(helper("    pool.putconn(conn)\n")(SYNC)).leaks == {}
    assert verdict(helper("    if conn is not None:\n        pool.putconn(conn)\n")(SYNC)).leaks == {}
    assert set(verdict(helper("    print(conn)\n")(SYNC)).leaks) == lines_of(SYNC)
    assert set(verdict(helper("    if pool.closed:\n        return\n    print(conn)\n")(SYNC)).leaks) == lines_of(SYNC)


@pytest.mark.parametrize(
    "calls",
    ["log(conn)", "len([conn])", "check(conn, strict=True)", "note = describe(conn)"],
)
def test_a_helper_that_borrows_changes_nothing(calls: str) -> None:
    borrows = "def log(conn):\n    print(conn)\n\n\ndef check(conn, strict):\n    return strict\n\n\ndef describe(conn):\n    return repr(conn)\n"
    text = SYNC.replace("    try:\n", f"    try:\n        {calls}\n", 1)
    assert "try:\n        " + calls in text
    assert verdict({MAIN: f"from helpers import check, describe, log\n{text}", "helpers.py": borrows}).leaks == {}


WITH = """\
import psycopg


def entered(dsn):
    with psycopg.connect(dsn) as conn:
        return conn.execute("x").fetchall()


def entered_late(dsn):
    conn = psycopg.connect(dsn)
    with conn:
        return conn.execute("x").fetchall()
"""
EXPANDED = """\
import psycopg


def entered(dsn):
    manager = psycopg.connect(dsn)
    conn = manager.__enter__()
    try:
        return conn.execute("x").fetchall()
    finally:
        manager.__exit__(None, None, None)


def entered_late(dsn):
    conn = psycopg.connect(dsn)
    conn.__enter__()
    try:
        return conn.execute("x").fetchall()
    finally:
        conn.close()
"""


def test_a_with_and_its_expansion() -> None:
    assert verdict({MAIN: WITH}).leaks == verdict({MAIN: EXPANDED}).leaks == {}
    forgotten = EXPANDED.replace("manager.__exit__(None, None, None)", "print(manager)").replace(
        "conn.close()", "print(conn)"
    )
    assert set(verdict({MAIN: forgotten}).leaks) == {5, 14}


def test_modules_in_memory_answer_as_files_do() -> None:
    modules = InMemory({MAIN: SYNC})
    assert modules.find("main", MAIN) == MAIN
    assert modules.find("nonesuch", MAIN) is None
