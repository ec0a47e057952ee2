"""Which names lead to an acquire, and which functions are looked into for that."""

from __future__ import annotations

import textwrap

import pytest

from pgleak_lint.analysis.flows import GIVES, MAKES
from pgleak_lint.analysis.program import leads_of
from pgleak_lint.cfg.graph import UnitKind
from pgleak_lint.cfg.outline.closed import ClosedUnit
from pgleak_lint.models.builtin_speech import SPEECH
from pgleak_lint.models.vocabulary import Vocabulary
from pgleak_lint.project.layout import Layout
from pgleak_lint.project.store import ModuleSource, ModuleStore
from pgleak_lint.source.words import identifiers_of

VOCABULARY = Vocabulary(SPEECH)


def looked_into(text: str) -> tuple[dict[str, int], set[str]]:
    """The names that the module exports, with what each leads to, and the functions of which somebody read the inside."""

    def leading(home: str, text: str, names: frozenset[str]) -> frozenset[str]:
        return VOCABULARY.leading(identifiers_of(text))

    source = ModuleStore(Layout(()), leading).read("m.py", "m.py", textwrap.dedent(text), whole=False)
    assert isinstance(source, ModuleSource)
    leads = leads_of(source, VOCABULARY, frozenset())
    functions = [unit for unit in source.module.units if unit.kind is UnitKind.FUNCTION]
    opened = {unit.name for unit in functions if not isinstance(unit, ClosedUnit) or unit.cutting.is_open}
    return dict(leads.exports), opened


CASES = {
    "a variable of another function": (
        """
        def f(pool):
            conn = pool.acquire()
            conn.x()
        def g(conn):
            return [conn]
        """,
        {},
        {"f"},
    ),
    "a variable of the module": (
        """
        conn = connect()
        def f(x):
            return [x]
        def g():
            return conn
        """,
        {"g": GIVES},
        {"g"},
    ),
    "a variable that is global": (
        """
        def f():
            global conn
            conn = connect()
        def g():
            return conn
        """,
        {"g": GIVES},
        {"f", "g"},
    ),
    "an attribute": (
        """
        class A:
            def f(self):
                self.conn = connect()
            def g(self):
                return self.conn
            def h(self):
                return self.conn.x
        """,
        {"g": GIVES},
        {"f", "g"},
    ),
    "one that is only called": (
        """
        class A:
            def f(self):
                self.conn = connect()
            def g(self):
                return self.conn()
        """,
        {},
        {"f"},
    ),
    "one that is called and gives": (
        """
        class A:
            def f(self):
                self.make = connect
            def g(self):
                return self.make()
        """,
        {"make": GIVES, "g": GIVES},
        {"f", "g"},
    ),
    "a function that gives": (
        """
        def f():
            return connect()
        def g():
            return f()
        def h():
            f.x = 1
        """,
        {"f": GIVES, "g": GIVES},
        {"f", "g"},
    ),
    "a variable of the function around": (
        """
        def f():
            conn = connect()
            def inner():
                return conn
            return inner
        def g(conn):
            return conn
        """,
        {"inner": GIVES, "f": MAKES},
        {"f", "inner"},
    ),
    "a parameter with an annotation": (
        """
        def f(it: Session):
            return it
        def g(it):
            return it
        """,
        {"f": GIVES},
        {"f"},
    ),
    "a class method": (
        """
        class Pool(Session):
            @classmethod
            def f(cls):
                return cls()
            @staticmethod
            def g(cls):
                return cls()
        """,
        {"Pool": GIVES, "f": GIVES},
        {"f"},
    ),
    "a constructor": (
        """
        class A:
            def __init__(self):
                self.start()
            def start(self):
                connect()
            def stop(self):
                return 1
        """,
        {"A": GIVES},
        {"__init__", "start"},
    ),
    "a word in a text": (
        """
        def f():
            return "connect()"
        def g():
            return connect()
        """,
        {"g": GIVES},
        {"g"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_leads(name: str) -> None:
    text, exports, opened = CASES[name]
    assert looked_into(text) == (exports, opened)
