"""What stands in a triple-quoted string or a comment is told from the text."""

from __future__ import annotations

import pytest

from pgleak_lint.source.strings import LONGEST, Quoted, triple_quoted

PLACES = {
    "code": ("a = X()\n", False),
    "a comment": ("a = 1  # X()\n", True),
    "a line of comment": ("    # X()\n", True),
    "behind a sign in a text": ("a = '#', X()\n", False),
    "a text": ("a = 'X()'\n", False),
    "a docstring": ('def f():\n    """Call\n    X()\n    """\n', True),
    "behind a docstring": ('def f():\n    """Call"""\n    X()\n', False),
    "behind one on its line": ('a = """b""" + X()\n', False),
    "behind one with a sign": ('a = """#""" + X()\n', False),
    "single quotes in double ones": ('a = """\n\'\'\'\nX()\n"""\n', True),
    "behind a quote that is escaped": ('a = """\\""" X() """\n', True),
    "behind a slash that is escaped": ('a = """\\\\""" + X()\n', False),
    "quotes in a comment": ('# """\nX()\n', False),
    "quotes in a text": ('a = \'"""\'\nX()\n', False),
    "a formatted one": ('a = f"""\n{X()}"""\n', False),
    "a raw one": ('a = r"""\nX()"""\n', True),
    "a raw formatted one": ('a = fr"""\n{X()}"""\n', False),
    "other ends of lines": ('a = """\r\nX()"""\r\n', True),
    "wide characters": ('a = """ä\nX()"""\n', True),
    "behind a text that goes on": ('a = \'b\\\n"""\'\nX()\n', False),
    "one that does not end": ('a = """\nX()\n', False),
    "far to the right": (f"a = [{'1, ' * LONGEST}]  # X()\n", False),
}


@pytest.mark.parametrize("name", PLACES)
def test_what_is_quoted(name: str) -> None:
    text, is_quoted = PLACES[name]
    data = text.encode()
    assert Quoted(data).has(data.index(b"X")) is is_quoted


def test_where_strings_are_told_or_not() -> None:
    assert triple_quoted('"""a""", """b"""') == [(0, 7), (9, 16)]
    assert triple_quoted('a = \'b\' \\\n"""c"""') == [(10, 17)]
    assert triple_quoted("a = 'b\\\nc'") is None
    assert triple_quoted('"""a') is None
    assert triple_quoted("") == []
