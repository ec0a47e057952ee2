"""Where suppression comments are written, and that nothing else changes."""

from __future__ import annotations

import pytest

from pgleak_lint.source.ignores import add_ignores

NEW = "# pgleak: ignore[PGL102]"
CASES = {
    "a line": ("x = f()\ny = 1\n", 1, "", f"x = f()  {NEW}\ny = 1\n"),
    "a reason": ("x = f()\n", 1, "on purpose", f"x = f()  {NEW} on purpose\n"),
    "no line end": ("x = f()", 1, "", f"x = f()  {NEW}"),
    "windows": ("x = f()\r\ny = 1\r\n", 2, "", f"x = f()\r\ny = 1  {NEW}\r\n"),
    "old mac": ("x = f()\ry = 1\r", 1, "", f"x = f()  {NEW}\ry = 1\r"),
    "mixed ends": ("a = 1\r\nx = f()\ny = 1\r\n", 2, "", f"a = 1\r\nx = f()  {NEW}\ny = 1\r\n"),
    "blank behind": ("x = f() \n", 1, "", f"x = f()  {NEW}\n"),
    "blanks behind": ("x = f()   \n", 1, "", f"x = f()   {NEW}\n"),
    "another comment": ("x = f()  # why\n", 1, "", f"x = f()  # why  {NEW}\n"),
    "noqa": ("x = f()  # noqa: E501\n", 1, "", f"x = f()  # noqa: E501  {NEW}\n"),
    "another code": (
        "x = f()  # pgleak: ignore[PGL103] old\n",
        1,
        "new",
        "x = f()  # pgleak: ignore[PGL103, PGL102] old\n",
    ),
    "no reason yet": (
        "x = f()  # pgleak: ignore[PGL103]\n",
        1,
        "new",
        "x = f()  # pgleak: ignore[PGL103, PGL102] new\n",
    ),
    "no codes": ("x = f()  # pgleak: ignore\n", 1, "", f"x = f()  {NEW}\n"),
    "no codes but a reason": ("x = f()  # pgleak: ignore why\n", 1, "", f"x = f()  {NEW} why\n"),
    "empty codes": ("x = f()  # a # pgleak: ignore[] why\n", 1, "", f"x = f()  # a {NEW} why\n"),
    "there already": ("x = f()  # pgleak: ignore[PGL102]\n", 1, "new", f"x = f()  {NEW} new\n"),
    "a file-ignore": ("x = 1  # pgleak: file-ignore[A] b\n", 1, "", f"x = 1  # pgleak: file-ignore[A] b  {NEW}\n"),
    "a long call": ("x = f(\n    1,  # one\n)\ny = 1\n", 1, "", f"x = f(\n    1,  # one\n)  {NEW}\ny = 1\n"),
    "a string over lines": ('x = f("""\na\n""")\n', 1, "", f'x = f("""\na\n""")  {NEW}\n'),
    "a backslash": ("x = \\\n  f()\n", 1, "", f"x = \\\n  f()  {NEW}\n"),
    "a header": ("with f(\n) as x:\n    y = 1\n", 1, "", f"with f(\n) as x:  {NEW}\n    y = 1\n"),
    "a one-line body": ("if a: x = f()\n", 1, "", f"if a: x = f()  {NEW}\n"),
    "a hash in a string": ("x = f('# pgleak: ignore[A]')\n", 1, "", f"x = f('# pgleak: ignore[A]')  {NEW}\n"),
    "a form feed": ("\x0cx = f()\n", 1, "", f"\x0cx = f()  {NEW}\n"),
}


@pytest.mark.parametrize("title", CASES)
def test_one_code(title: str) -> None:
    text, line, reason, expected = CASES[title]
    assert add_ignores(text, [(line, "PGL102")], reason) == (expected, 0)


def test_several_codes_share_a_comment() -> None:
    wanted = [(1, "PGL103"), (2, "PGL102"), (1, "PGL102"), (4, "PGL101"), (1, "PGL102")]
    text, homeless = add_ignores("x = f(\n  g())\n\ny = h()\n", wanted)
    expected = "x = f(\n  g())  # pgleak: ignore[PGL102, PGL103]\n\ny = h()  # pgleak: ignore[PGL101]\n"
    assert (text, homeless) == (expected, 0)


def test_again_changes_nothing() -> None:
    once, _ = add_ignores("x = f()\n", [(1, "PGL102")], "why")
    assert add_ignores(once, [(1, "PGL102")], "another") == (once, 0)


def test_no_place() -> None:
    assert add_ignores("x = f()\n\n", [(2, "PGL102")]) == ("x = f()\n\n", 1)
