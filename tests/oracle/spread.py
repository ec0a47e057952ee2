"""The same programs, spread over helpers, classes and modules: what a program does stays the same, and so must the verdict.

Acquires and releases of a generated function go through something that the analysis has to look into. Line numbers stay as
they are, so that the executions of the plain program judge the spread one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from pgleak_lint.analysis.leads import Inherited
from pgleak_lint.analysis.module import analyse
from pgleak_lint.analysis.options import AnalysisOptions
from pgleak_lint.analysis.program import leads_of
from pgleak_lint.models.loader import load_catalog
from pgleak_lint.project.store import ModuleSource, code_of
from pgleak_lint.relevance.relevance import DISTANCE
from pgleak_lint.rules import ALL
from pgleak_lint.source.document import Fault, read_what_can_be
from tests.oracle.subject import Verdict, collect

MAIN = "main.py"
_SYNC = ("pool.getconn()", "pool.putconn(")
_ASYNC = ("await pool.acquire()", "await pool.release(")

VOCABULARY = load_catalog().vocabulary

Modules = dict[str, str]


def _helpers(text: str) -> str:
    """Functions that take and give, in the words of the text's driver."""
    if _ASYNC[0] in text or "asyncpg" in text:
        return (
            "import asyncpg\n\n\nasync def take(pool: asyncpg.Pool):\n    conn = await pool.acquire()\n    return conn\n\n\n"
            "async def give(pool: asyncpg.Pool, conn):\n    await pool.release(conn)\n"
        )
    return (
        "import psycopg2.pool\n\n\ndef take(pool: psycopg2.pool.ThreadedConnectionPool):\n    conn = pool.getconn()\n"
        "    return conn\n\n\ndef give(pool: psycopg2.pool.ThreadedConnectionPool, conn):\n    pool.putconn(conn)\n"
    )


def _through(text: str, take: str, give: str) -> str:
    """The text with its acquires and releases going through two calls. Other uses of the pool stay."""
    text = text.replace("putconn(conn=", "putconn(").replace("release(connection=", "release(")
    if "asyncpg" in text:
        return text.replace(_ASYNC[0], f"await {take}").replace(_ASYNC[1], f"await {give}")
    return text.replace(_SYNC[0], take).replace(_SYNC[1], give)


def same_module(text: str) -> Modules:
    """Helpers at the end of the module."""
    return {MAIN: f"{_through(text, 'take(pool)', 'give(pool, ')}\n\n{_helpers(text)}"}


def other_module(text: str) -> Modules:
    """Helpers imported from a module."""
    main = _through(text, "take(pool)", "give(pool, ")
    return {MAIN: f"{main}\n\nfrom lib.db import give, take\n", "lib/db.py": _helpers(text)}


def under_another_name(text: str) -> Modules:
    """The module under an alias, and a package that hands the names on."""
    main = _through(text, "db.take(pool)", "db.put_back(pool, ")
    reexports = "from .inner import take\nfrom .inner import give as put_back\n"
    return {MAIN: f"{main}\n\nimport lib as db\n", "lib/__init__.py": reexports, "lib/inner.py": _helpers(text)}


def wrapped_twice(text: str) -> Modules:
    """Helpers of helpers."""
    is_async = "asyncpg" in text
    d, a = ("async def", "await ") if is_async else ("def", "")
    outer = (
        f"from inner import give, take\n\n\n{d} lend(pool):\n    return {a}take(pool)\n\n\n"
        f"{d} back(conn, pool):\n    {a}give(pool, conn)\n"
    )
    main = _through(text, "lend(pool)", "back(pool=pool, conn=")
    return {MAIN: f"{main}\n\nfrom outer import back, lend\n", "outer.py": outer, "inner.py": _helpers(text)}


def method(text: str) -> Modules:
    """Methods of an object of a class of another module, whose base class has the pool."""
    is_async = "asyncpg" in text
    d, a = ("async def", "await ") if is_async else ("def", "")
    kind = "asyncpg.Pool" if is_async else "psycopg2.pool.ThreadedConnectionPool"
    take, give = ("acquire", "release") if is_async else ("getconn", "putconn")
    base = f"import asyncpg, psycopg2.pool\n\n\nclass Base:\n    def __init__(self, pool: {kind}):\n        self.pool = pool\n"
    store = (
        f"from base import Base\n\n\nclass Store(Base):\n    {d} take(self):\n        return {a}self.pool.{take}()\n\n"
        f"    {d} give(self, conn):\n        {a}self.pool.{give}(conn)\n"
    )
    main = _through(text, "Store(pool).take()", "Store(pool).give(")
    return {MAIN: f"{main}\n\nfrom store import Store\n", "store.py": store, "base.py": base}


VARIANTS: tuple[Callable[[str], Modules], ...] = (same_module, other_module, under_another_name, wrapped_twice, method)


@dataclass(frozen=True)
class InMemory:
    """Modules by path, which is their home."""

    texts: Modules

    def find(self, name: str, importer: str) -> str | None:
        """The home of a module."""
        path = name.replace(".", "/")
        return next((home for home in (f"{path}/__init__.py", f"{path}.py") if home in self.texts), None)

    def load(self, home: str) -> ModuleSource | None:
        """The module."""
        text = self.texts[home]
        syntax = read_what_can_be(text)
        assert not isinstance(syntax, Fault)
        module = code_of(text, syntax)
        assert not isinstance(module, Fault)
        name = home.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return ModuleSource(home, name, home, module, text)

    def matters(self, home: str) -> bool:
        """All of them do."""
        return True

    def wrappers(self, home: str) -> Inherited:
        """What all the others offer: more than the imports lead to."""
        names: Inherited = frozenset()
        for _ in range(DISTANCE):
            sources = (self.load(other) for other in self.texts if other != home)
            offered = (leads_of(source, VOCABULARY, names).exports for source in sources if source is not None)
            names = names.union(*offered)
        return names


def variant_of(text: str) -> Callable[[str], Modules]:
    """Always the same one for one text."""
    return VARIANTS[zlib.crc32(text.encode()) % len(VARIANTS)]


def check_spread(text: str) -> Verdict:
    """The verdict on a text that is spread first."""
    return check_modules(variant_of(text)(text))


def check_modules(texts: Modules) -> Verdict:
    """The verdict on the main module of several."""
    modules = InMemory(texts)
    source = modules.load(MAIN)
    assert source is not None
    try:
        facts = analyse(source, load_catalog(), AnalysisOptions(), modules)
        findings = [finding for rule in ALL for finding in rule.check(facts)]
    except Exception as error:
        return Verdict(fault=f"{type(error).__name__}: {error}")
    verdict = collect(findings)
    verdict.bounded = bool(facts.bounds)
    return verdict
