"""The shapes of real code, as literate cases: ``shapes/*.md``.

Each ``##`` heading is a case, its first Python block the code, ``# finding: CODE`` marks the lines with findings. A block that
uses the words ``POOL``, ``ACQUIRE``, ``RELEASE(x)``, ``USE(x)`` and ``DEF`` is a template: it runs once for each driver of
`DRIVERS`, and ``# finding[driver]: CODE`` holds for that driver only. A case called ``missed_…`` or ``false_alarm_…`` is a known
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
}  # fmt: skip
_WORDS = re.compile(r"\b(DEF|POOL|ACQUIRE)\b|\b(RELEASE|USE)\((\w+)\)")


def expand(template: str, name: str) -> str:
    """The template as that driver's code, with the marks of other drivers taken out."""
    driver = DRIVERS[name]

    def word(match: re.Match[str]) -> str:
        if match[2]:
            return (driver.release if match[2] == "RELEASE" else driver.use).format(match[3])
        return {"DEF": "async def" if driver.is_async else "def", "POOL": driver.pool, "ACQUIRE": driver.acquire}[
            match[1]
        ]

    lines = []
    for line in template.split("\n"):
        own = re.search(r"# finding\[([^\]]+)\]", line)
        if own:
            kept = name in [part.strip() for part in own[1].split(",")]
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
                for name in DRIVERS:
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
    assert found(code) == marked(code)
