"""Suppression comments: what they cover. In each text ``# <-`` ends the lines on which PGL102 must be silent."""

from __future__ import annotations

import pytest

from pgleak_lint.findings.suppression import split_suppressed
from pgleak_lint.source.directive import Directive
from pgleak_lint.source.directives import find_directives
from tests.findings.made import finding

COVERED = {
    "on the line": """\
before()
conn = pool.getconn()  # pgleak: ignore[PGL102] closed by the reaper <-
after()
""",
    "by name": "conn = pool.getconn()  # pgleak: ignore[leak-on-path] <-\n",
    "by prefix": "conn = pool.getconn()  # pgleak: ignore[PGL1] <-\n",
    "one of several": "conn = pool.getconn()  # pgleak: ignore[PGL103, pgl102] <-\n",
    "behind another comment": "conn = pool.getconn()  # why # pgleak: ignore[PGL102] <-\n",
    "other codes": "conn = pool.getconn()  # pgleak: ignore[PGL103, PGL2]\n",
    "without codes": "conn = pool.getconn()  # pgleak: ignore\nconn = pool.getconn()  # pgleak: ignore[]\n",
    "everything is no code": "conn = pool.getconn()  # pgleak: ignore[ALL]\n",
    "any line of the statement": """\
conn = connect(  # <-
    host,  # <-
    port,  # pgleak: ignore[PGL102] <-
)  # <-
after()
""",
    "alone within a statement": """\
conn = connect(  # <-
    # pgleak: ignore[PGL102] <-
    host,  # <-
)  # <-
after()
""",
    "alone: the next statement": """\
before()
# pgleak: ignore[PGL102]

# another comment
conn = connect(  # <-
    host,  # <-
)  # <-
after()
""",
    "alone above a compound statement: its header": """\
# pgleak: ignore[PGL102]
with (  # <-
    a() as b,  # <-
    c() as d,  # <-
):  # <-
    inside()
""",
    "alone, first in a body": """\
def f():
    # pgleak: ignore[PGL102]
    conn = pool.getconn()  # <-
    after()
""",
    "on a case of a match": """\
match command():
    case "a":
        x = pool.getconn()  # pgleak: ignore[PGL102] <-
        after()
    case "b":
        y = pool.getconn()
""",
    "a range": """\
before()
# pgleak: disable[PGL102] <-
a = pool.getconn()  # <-
b = pool.getconn()  # <-
# pgleak: enable[PGL102] <-
c = pool.getconn()
""",
    "a range to the end of its block": '''\
def f():
    # pgleak: disable[PGL102] <-
    a = pool.getconn()  # <-
    text = """ <-
at column 0, and yet inside <-
""" #  <-
    if a:  # <-
        b = pool.getconn()  # <-
def g():
    c = pool.getconn()
''',
    "a range from a line of code": """\
def f():
    a = connect(  # <-
        x)  # pgleak: disable[PGL102] <-
    b = pool.getconn()  # <-
c = pool.getconn()
""",
    "another enable does not end it": """\
# pgleak: disable[PGL102, PGL103] <-
a = pool.getconn()  # <-
# pgleak: enable[PGL103] <-
b = pool.getconn()  # <-
""",
    "a prefix ends it": """\
# pgleak: disable[PGL102] <-
a = pool.getconn()  # <-
# pgleak: enable[PGL1] <-
b = pool.getconn()
""",
    "the file": "a = pool.getconn()  # <-\nb = 1  # pgleak: file-ignore[PGL102] <-\n",
    "noqa with the code": "a = pool.getconn()  # noqa: E501, PGL102 <-\nb = pool.getconn()  # NOQA:pgl102 <-\n",
    "noqa without ours": "a = pool.getconn()  # noqa\nb = pool.getconn()  # noqa: E501\n",
    "noqa with a prefix or a name": "a = pool.getconn()  # noqa: PGL1\nb = pool.getconn()  # noqa: leak-on-path\n",
    "words in strings": """\
a = "# pgleak: ignore[PGL102]", pool.getconn()
'''
# pgleak: file-ignore[PGL102]
'''
b = pool.getconn(), "# noqa: PGL102"
""",
    "a file that cannot be split into tokens": "a = pool.getconn()  # pgleak: ignore[PGL102]\nb = (\n'''",
}


def silent_lines(text: str, code: str = "PGL102") -> list[int]:
    lines = len(text.splitlines()) + 1
    found = [finding(line, code=code) for line in range(1, lines + 1)]
    _, silenced = split_suppressed(found, find_directives(text))
    return [suppressed.finding.span.line for suppressed in silenced]


@pytest.mark.parametrize("title", [title for title in COVERED if "tokens" not in title])
def test_covered_lines(title: str) -> None:
    text = COVERED[title]
    expected = [number for number, line in enumerate(text.split("\n"), 1) if line.endswith("<-")]
    silent = [number for number in silent_lines(text) if number <= text.count("\n")]
    assert silent == expected


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_do_not_matter(end: str) -> None:
    text = "a = 1\nb = (\n  1)  # pgleak: ignore[PGL102]\nc = 1\n"
    assert silent_lines(text.replace("\n", end))[:2] == [2, 3]


def test_unreadable_text_does_no_harm() -> None:
    assert isinstance(find_directives(COVERED["a file that cannot be split into tokens"]), tuple)


def test_what_a_directive_says() -> None:
    text = "x = 1\ny = 2  # pgleak: ignore[PGL102, leak-on-exception]  the reaper does it\n"
    assert find_directives(text) == (
        Directive("line", ("PGL102", "leak-on-exception"), "the reaper does it", 2, 2, 2, column=8, end_column=71),
    )


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("# pgleak: ignore", [("line", (), "")]),
        ("# pgleak: ignore[]", [("line", (), "")]),
        ("# pgleak: disable the lot", [("block", (), "the lot")]),
        ("# pgleak: ignored[PGL102]", []),
        ("# pgleak: ignore-next[PGL102]", []),
        ("# pgleak: ignore[A] one # pgleak: file-ignore[B] two", [("line", ("A",), "one"), ("file", ("B",), "two")]),
        ("# noqa: PGL102 the reaper  # more", [("noqa", ("PGL102",), "the reaper")]),
        ("# noqa: E501, PGL102", [("noqa", ("PGL102",), "")]),
        ("# noqa: PGL102-like", []),
        ("# pgleak: ignore[A] why (# 3)", [("line", ("A",), "why (# 3)")]),
    ],
)
def test_odd_comments(comment: str, told: list[tuple[str, tuple[str, ...], str]]) -> None:
    found = find_directives(f"x = 1  {comment}\n")
    assert [(directive.kind, directive.codes, directive.reason) for directive in found] == told


@pytest.mark.parametrize(
    ("comment", "kind"),
    [
        ("# pgleak: ignore[PGL102]", "line"),
        ("# pgleak: disable[PGL102]", "block"),
        ("# pgleak: file-ignore[PGL102]", "file"),
        ("# noqa: PGL102", "noqa"),
    ],
)
def test_kinds(comment: str, kind: str) -> None:
    assert [found.kind for found in find_directives(f"x = 1  {comment}\n")] == [kind]


def test_a_reason_may_be_required() -> None:
    text = "a = 1  # pgleak: ignore[PGL102]\nb = 1  # pgleak: ignore[PGL102] why\nc = 1  # noqa: PGL102\nd = 1  # noqa: PGL102 why\n"
    found = [finding(line) for line in range(1, 5)]
    kept, _ = split_suppressed(found, find_directives(text), require_reason=True)
    assert [each.span.line for each in kept] == [1, 3]
