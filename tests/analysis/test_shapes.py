"""The shapes of real code, as literate cases: ``shapes/*.md``.

Each ``##`` heading is a case, its first Python block the code, ``# finding: CODE`` marks the lines with findings. A block that
uses the words ``POOL``, ``ACQUIRE``, ``RELEASE(x)``, ``USE(x)`` and ``DEF`` is a template: it runs once for each driver of
`USUAL`, and ``# finding[driver]: CODE`` holds for that driver only. A line ``drivers: sqlite3, async`` before the block chooses
others: names of `DRIVERS`, or ``sync``, ``async``, ``every``, also behind ``# finding[``. More words: ``AWAIT`` and ``WITH`` are
async where the driver is, ``MANAGER`` a context manager's decorator; ``STACK``, ``REGISTER(x)`` and ``CLOSE(stack)`` make an exit stack, leave it the release of x (on the
name ``stack``), and close it; ``OPENING`` and ``UNAWAITED(x)`` are acquire and release without ``await``, ``THREADED`` and
``THREADED_RELEASE(x)`` as a function and its arguments. A case called ``missed_…`` or ``false_alarm_…`` is a known
limit: it is expected to fail, and says so when it no longer does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import found, marked

FOLDER = Path(__file__).with_name("shapes")


@dataclass(frozen=True)
class Driver:
    """How one driver writes the words of a template."""

    header: str
    pool: str
    acquire: str
    release: str
    use: str
    is_async: bool

    @property
    def undo(self) -> str:
        """The release as a function and its arguments, for who calls it later."""
        function, _, arguments = self.release.removeprefix("await ").removesuffix(")").partition("(")
        return f"{function}, {arguments}" if arguments else function


DRIVERS = {
    "asyncpg": Driver(
        "import asyncpg", "pool: asyncpg.Pool", "await pool.acquire()", "await pool.release({})",
        "await {}.execute('select 1')", is_async=True,
    ),
    "psycopg2.pool": Driver(
        "import psycopg2.pool", "pool: psycopg2.pool.ThreadedConnectionPool", "pool.getconn()", "pool.putconn({})",
        "{}.cursor()", is_async=False,
    ),
    "psycopg_pool": Driver(
        "import psycopg_pool", "pool: psycopg_pool.ConnectionPool", "pool.getconn()", "pool.putconn({})",
        "{}.execute('select 1')", is_async=False,
    ),
    "sqlalchemy": Driver(
        "from sqlalchemy import Engine", "pool: Engine", "pool.connect()", "{}.close()",
        "{}.exec_driver_sql('select 1')", is_async=False,
    ),
    "psycopg_pool async": Driver(
        "import psycopg_pool", "pool: psycopg_pool.AsyncConnectionPool", "await pool.getconn()", "await pool.putconn({})",
        "await {}.execute('select 1')", is_async=True,
    ),
    "sqlite3": Driver(
        "import sqlite3", "pool", "sqlite3.connect(pool)", "{}.close()", "{}.execute('select 1')", is_async=False,
    ),
    "psycopg2": Driver(
        "import psycopg2", "pool", "psycopg2.connect(pool)", "{}.close()", "{}.cursor()", is_async=False,
    ),
    "psycopg": Driver(
        "import psycopg", "pool", "psycopg.connect(pool)", "{}.close()", "{}.execute('select 1')", is_async=False,
    ),
    "psycopg async": Driver(
        "import psycopg", "pool", "await psycopg.AsyncConnection.connect(pool)", "await {}.close()",
        "await {}.execute('select 1')", is_async=True,
    ),
    "aiosqlite": Driver(
        "import aiosqlite", "pool", "await aiosqlite.connect(pool)", "await {}.close()",
        "await {}.execute('select 1')", is_async=True,
    ),
    "sqlalchemy async": Driver(
        "from sqlalchemy.ext.asyncio import AsyncEngine", "pool: AsyncEngine", "await pool.connect()", "await {}.close()",
        "await {}.exec_driver_sql('select 1')", is_async=True,
    ),
}  # fmt: skip
USUAL = list(DRIVERS)[:5]
_WORDS = re.compile(
    r"\b(DEF|POOL|ACQUIRE|OPENING|THREADED|WITH|STACK|MANAGER)\b|\b(AWAIT) |\b(RELEASE|UNAWAITED|THREADED_RELEASE|USE|REGISTER|CLOSE)\((\w+)\)"
)


def chosen(words: str) -> list[str]:
    """The drivers that a list of names and groups means."""
    names: list[str] = []
    for word in [part.strip() for part in words.split(",")]:
        group = {"sync": [False], "async": [True], "every": [False, True]}.get(word)
        assert group or word in DRIVERS, f"no driver {word}"
        names += [name for name in DRIVERS if DRIVERS[name].is_async in group] if group else [word]
    return names


def expand(template: str, name: str) -> str:
    """The template as that driver's code, with the marks of other drivers taken out."""
    driver = DRIVERS[name]

    asyncness = "async " if driver.is_async else ""
    plain = {
        "DEF": f"{asyncness}def", "POOL": driver.pool, "ACQUIRE": driver.acquire, "OPENING": driver.acquire.removeprefix("await "),
        "THREADED": driver.acquire.removesuffix(")").replace("(", ", ").removesuffix(", "), "WITH": f"{asyncness}with",
        "MANAGER": f"{asyncness.strip()}contextmanager",
        "STACK": "contextlib.AsyncExitStack()" if driver.is_async else "contextlib.ExitStack()",
    }  # fmt: skip
    around = {
        "RELEASE": driver.release,
        "UNAWAITED": driver.release.removeprefix("await "),
        "THREADED_RELEASE": driver.undo,
        "USE": driver.use,
        "REGISTER": f"stack.{'push_async_callback' if driver.is_async else 'callback'}({driver.undo})",
        "CLOSE": "await {}.aclose()" if driver.is_async else "{}.close()",
    }

    def word(match: re.Match[str]) -> str:
        if match[2]:
            return "await " if driver.is_async else ""
        return around[match[3]].format(match[4]) if match[3] else plain[match[1]]

    lines = []
    for line in template.split("\n"):
        own = re.search(r"# finding\[([^\]]+)\]", line)
        if own:
            kept = name in chosen(own[1])
            line = line.replace(own[0], "# finding") if kept else line[: own.start()].rstrip()
        lines.append(line)
    return driver.header + "\n" + _WORDS.sub(word, "\n".join(lines))


def cases() -> Iterator[tuple[str, str]]:
    for path in sorted(FOLDER.glob("*.md")):
        parts = re.split(r"^## (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for title, body in zip(parts[1::2], parts[2::2]):
            block = re.search(r"```python\n(.*?)```", body, re.DOTALL)
            assert block, f"{path.name}: {title} has no code"
            code = block[1]
            if _WORDS.search(code):
                named = re.search(r"^drivers: (.+)$", body, re.MULTILINE)
                for name in chosen(named[1]) if named else USUAL:
                    yield f"{path.stem}: {title} [{name}]", expand(code, name)
            else:
                yield f"{path.stem}: {title}", code


def _parameters() -> Iterator[object]:
    for title, code in cases():
        limit = re.search(r": (missed|false_alarm)_", title)
        marks = [pytest.mark.xfail(strict=True, reason="known limit")] if limit else []
        yield pytest.param(code, id=title, marks=marks)


@pytest.mark.parametrize("code", list(_parameters()))
def test_shape(code: str) -> None:
    # Many shapes hold two connections of one pool: tests/project has the cases about that.
    assert [row for row in found(code) if row[1] != "PGL203"] == marked(code)
