"""Pictures of a function's control flow: the lines, the ways between them, the leaking path."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from pgleak_lint import check_source
from pgleak_lint.cfg.graph import CodeUnit
from pgleak_lint.report.flowchart import Flowchart, flowchart
from pgleak_lint.report.flowchart_svg import svg
from pgleak_lint.report.flowchart_text import dot, mermaid
from pgleak_lint.report.flowchart_unit import unit_of
from tests.report.made import check_golden

BOOK = """\
import psycopg2.pool

pool = psycopg2.pool.ThreadedConnectionPool(1, 5, "")


def book(order):
    conn = pool.getconn()
    for item in order:
        if item is None:
            return "<b>&amp;\\"none\\"</b>"
        conn.cursor().execute("x", item)
    pool.putconn(conn)
"""


def chart(text: str, function: str) -> Flowchart:
    """The picture of a function and its first finding."""
    unit = unit_of(text, function)
    assert isinstance(unit, CodeUnit)
    found = [finding for finding in check_source(text).findings if finding.function == function]
    return flowchart(unit, text.split("\n"), found[0] if found else None)


def test_the_leaking_path_is_marked() -> None:
    picture = chart(BOOK, "book")
    assert [node.place for node in picture.nodes] == [7, 8, 9, 10, 11, 12, "return", "exception"]
    assert [(link.source, link.target) for link in picture.links if link.marked] == [
        (7, 8), (8, 9), (9, 10), (10, "return"),
    ]  # fmt: skip
    assert [node.place for node in picture.nodes if node.marked] == [7, 8, 9, 10, "return"]


def test_links_say_why() -> None:
    labels = {(link.source, link.target): link.label for link in chart(BOOK, "book").links}
    assert labels[9, 10] == "true"
    assert labels[9, 11] == "false"
    assert labels[11, 8] == ""
    assert labels[11, "exception"] == "exception"


def test_without_a_finding_nothing_is_marked() -> None:
    picture = chart("def f(x):\n    return x\n", "f")
    assert not any(node.marked for node in picture.nodes)
    assert [(link.source, link.target) for link in picture.links] == [(2, "return")]


@pytest.mark.parametrize(("name", "render"), [("mermaid.txt", mermaid), ("dot.txt", dot), ("svg.xml", svg)])
def test_golden(name: str, render: object) -> None:
    assert callable(render)
    check_golden(f"flowchart.{name}", render(chart(BOOK, "book")))


def test_svg_is_xml_whatever_the_source_says() -> None:
    hostile = "def f():\n    return g(\"</svg><script>\\u202e]]>\", '\\x1b')\n".replace("\\u202e", "\u202e").replace(
        "\\x1b", "\x1b"
    )
    root = ElementTree.fromstring(svg(chart(hostile, "f")))
    assert {child.tag.rpartition("}")[2] for child in root.iter()} <= {
        "svg", "title", "style", "defs", "marker", "path", "rect", "text",
    }  # fmt: skip
    for text in (mermaid(chart(hostile, "f")), dot(chart(hostile, "f"))):
        assert not set(text) & set("\x1b\u202e")
    assert "<script" not in mermaid(chart(hostile, "f"))


def test_names_of_a_file() -> None:
    assert unit_of(BOOK, "nobody") == ["<module>", "book"]
