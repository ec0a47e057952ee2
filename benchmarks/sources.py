"""Sources of any size, and of the shapes that are hard for an analysis that follows paths."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SIZES = (100, 300, 1_000, 3_000, 10_000)
HEADER = "import psycopg2.pool\n\n\ndef target(pool: psycopg2.pool.ThreadedConnectionPool, rows, p: bool):\n"


@dataclass(frozen=True)
class Case:
    """One source. Cases of one ``series`` differ in ``statements`` only."""

    name: str
    series: str
    statements: int
    text: str


def _function(lines: list[str]) -> str:
    return HEADER + "\n".join("    " + line for line in lines) + "\n"


def realistic(size: int) -> str:
    """A mix as in long real functions: mostly assignments and calls, some control flow, an acquire now and
    then."""
    rng = random.Random(size)
    lines: list[str] = []
    number = 0
    while len(lines) < size:
        number += 1
        kind = rng.randrange(20)
        if kind < 7:
            lines.append(f"value{number % 40} = compute(rows, {number})")
        elif kind < 10:
            lines.append(f"total = value{rng.randrange(40)} + {number} if p else {number}")
        elif kind < 13:
            lines += [f"if value{rng.randrange(40)} is None:", f"    log({number})"]
        elif kind < 15:
            lines += [
                f"for row in rows[{number}]:",
                "    handle(row)",
                "    if row.done:",
                "        continue",
            ]
            lines.append("    store(row)")
        elif kind < 17:
            lines += ["try:", f"    parse({number})", "except ValueError:", f"    value{number % 40} = None"]
        elif kind < 18:
            lines += [f"with open(rows[{number}]) as handle_{number}:", f"    data = handle_{number}.read()"]
        else:
            name = f"conn{number % 5}"
            lines += [f"{name} = pool.getconn()", "try:", f"    {name}.cursor().execute('SELECT 1')"]
            lines += [f"    if rows[{number}]:", f"        compute({name})"]
            lines += ["finally:", f"    pool.putconn({name})"]
    return _function([f"value{index} = None" for index in range(40)] + lines)


def modules(size: int) -> str:
    """Realistic functions of some sixty lines, as many as make that many lines."""
    parts: list[str] = []
    lines = number = 0
    while lines < size:
        number += 1
        text = (
            realistic(40 + number % 30)
            .replace("def target", f"def target{number}")
            .replace("import psycopg2.pool\n", "")
        )
        parts.append(text)
        lines += text.count("\n")
    return "import psycopg2.pool\n" + "".join(parts)


def long_finallies(size: int, count: int) -> str:
    """One function of that many lines, with ``count`` ``try``/``finally``s among calls."""
    lines: list[str] = []
    between = size // count - 5
    for number in range(count):
        lines += ["conn = pool.getconn()", "try:", f"    work(conn, {number})", "finally:", "    pool.putconn(conn)"]
        lines += [f"value = compute(rows, {line})" for line in range(between)]
    return _function(lines)


def straight(size: int) -> str:
    """Calls in a row between an acquire and its release: each may raise."""
    return _function(["conn = pool.getconn()", *(f"work(conn, {n})" for n in range(size)), "pool.putconn(conn)"])


def many_acquires(size: int) -> str:
    """Guarded acquires in a row."""
    lines = []
    for number in range(size // 5):
        lines += [
            f"c{number} = pool.getconn()",
            "try:",
            f"    work(c{number})",
            "finally:",
            f"    pool.putconn(c{number})",
        ]
    return _function(lines)


def unguarded_acquires(size: int) -> str:
    """Acquires in a row, all held to the end."""
    return _function([f"c{number} = pool.getconn()" for number in range(size)])


def functions(size: int) -> str:
    """Ten statements in each function: the way most files are."""
    parts = ["import psycopg2.pool\n\npool = psycopg2.pool.ThreadedConnectionPool(1, 5, 'dbname=x')\n"]
    for number in range(size // 10):
        parts.append(
            f"\ndef function{number}(rows, p):\n    conn = None\n    try:\n        conn = pool.getconn()\n"
            "        with conn.cursor() as cursor:\n            cursor.execute('SELECT 1')\n"
            "            if p:\n                return cursor.fetchall()\n"
            "    finally:\n        if conn is not None:\n            pool.putconn(conn)\n"
        )
    return "\n".join(parts)


def branches(count: int) -> str:
    lines = ["conn = pool.getconn()"]
    for number in range(count):
        lines += [f"if rows[{number}]:", f"    work(conn, {number})"]
    return _function([*lines, "pool.putconn(conn)"])


def elifs(count: int) -> str:
    lines = ["conn = pool.getconn()", "if p == 0:", "    work(conn)"]
    for number in range(1, count):
        lines += [f"elif p == {number}:", "    work(conn)"]
    return _function([*lines, "pool.putconn(conn)"])


def flags(count: int) -> str:
    """``count`` independent flags, each with a connection: 2 ** count paths."""
    lines = []
    for number in range(count):
        lines += [
            f"flag{number} = rows[{number}] is None",
            f"if flag{number}:",
            f"    c{number} = pool.getconn()",
        ]
    for number in range(count):
        lines += [f"if flag{number}:", f"    pool.putconn(c{number})"]
    return _function(lines)


def finallies(count: int) -> str:
    lines = []
    for number in range(count):
        lines += [
            "conn = pool.getconn()",
            "try:",
            f"    work(conn, {number})",
            "finally:",
            "    pool.putconn(conn)",
        ]
    return _function(lines)


def nested_finallies(count: int) -> str:
    """``finally`` in ``finally``'s body: what copies of the block would make exponential."""
    lines = ["conn = pool.getconn()"]
    for depth in range(count):
        lines += ["    " * depth + "try:", "    " * (depth + 1) + f"if p == {depth}: return work(conn)"]
    lines.append("    " * count + "work(conn)")
    for depth in reversed(range(count)):
        lines += ["    " * depth + "finally:", "    " * (depth + 1) + "pool.putconn(conn)"]
    return _function(lines)


def finallies_in_finally(count: int) -> str:
    """Each ``finally`` block holds the next ``try``."""
    lines = ["conn = pool.getconn()"]
    for depth in range(count):
        lines += [
            "    " * depth + "try:",
            "    " * (depth + 1) + f"work(conn, {depth})",
            "    " * depth + "finally:",
        ]
    lines.append("    " * count + "pool.putconn(conn)")
    return _function(lines)


def nesting(count: int) -> str:
    """``if`` and ``try`` in turn, ``count`` levels deep."""
    lines = ["conn = pool.getconn()"]
    closing: list[str] = []
    for depth in range(count):
        pad = "    " * depth
        if depth % 2:
            lines.append(f"{pad}if rows[{depth}]:")
        else:
            lines.append(f"{pad}try:")
            closing += [f"{pad}    log({depth})", f"{pad}except ValueError:"]
    lines.append("    " * count + "work(conn)")
    return _function([*lines, *reversed(closing), "pool.putconn(conn)"])


def loops(count: int) -> str:
    lines = ["conn = None"]
    for depth in range(count):
        lines.append("    " * depth + f"for i{depth} in rows[{depth}]:")
    pad = "    " * count
    lines += [
        f"{pad}conn = pool.getconn()",
        f"{pad}if work(conn):",
        f"{pad}    break",
        f"{pad}pool.putconn(conn)",
    ]
    return _function(lines)


def aliases(count: int) -> str:
    names = [f"a{number} = a{number - 1}" for number in range(1, count)]
    return _function(["a0 = pool.getconn()", *names, f"pool.putconn(a{count - 1})"])


def merged_aliases(count: int) -> str:
    """As `aliases`, each taken on one path only."""
    lines = ["a0 = pool.getconn()"]
    for number in range(1, count):
        lines += [f"a{number} = None", f"if rows[{number}]:", f"    a{number} = a0"]
    return _function([*lines, "pool.putconn(a0)"])


SERIES: dict[str, Callable[[int], str]] = {
    "realistic": realistic,
    "straight calls": straight,
    "guarded acquires": many_acquires,
    "held acquires": unguarded_acquires,
    "small functions": functions,
}
SHAPES: dict[str, Callable[[], str]] = {
    "200 try/finally in a row": lambda: finallies(200),
    "15 nested try/finally with returns": lambda: nested_finallies(15),
    "12 try inside finally": lambda: finallies_in_finally(12),
    "60 levels of if/try": lambda: nesting(60),
    "5,000 branches": lambda: branches(5_000),
    "900 elif": lambda: elifs(900),
    "40 flags (2^40 paths)": lambda: flags(40),
    "18 nested loops": lambda: loops(18),
    "2,000 aliases": lambda: aliases(2_000),
    "1,000 aliases on one path each": lambda: merged_aliases(1_000),
}


def cases(quick: bool) -> Iterator[Case]:
    """All sources, the series first."""
    for series, make in SERIES.items():
        for size in SIZES[:3] if quick else SIZES:
            yield Case(f"{series}, {size:,}", series, size, make(size))
    for name, shape in SHAPES.items():
        text = shape()
        yield Case(name, "", text.count("\n"), text)
