"""The format for people: layout by golden files, the rest by what must stand in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgleak_lint.findings.finding import Diagnostic, Finding, Severity, Step, StepKind
from pgleak_lint.findings.suppression import Suppressed
from pgleak_lint.report.text import render
from pgleak_lint.source.directive import Directive
from pgleak_lint.source.span import Span
from tests.findings.made import finding, step
from tests.report.made import check_golden, view

TRACE = (
    step(5, 18, 32, "acquired here", kind=StepKind.ACQUIRE),
    step(7, 8, 19, "taken when true", kind=StepKind.BRANCH),
    step(8, 9, 20, "returns with `conn` held", kind=StepKind.EXIT),
)
LEAK = finding(trace=TRACE, also=("an exception or cancellation at line 6 leaves it held",))
SYNTAX = Diagnostic(
    "PGL901",
    "syntax-error",
    Severity.WARNING,
    "syntax error: invalid syntax; not checked",
    "app/bad.py",
    Span(1, 7, 1, 8),
)
UNREADABLE = Diagnostic(
    "PGL905", "unreadable-file", Severity.WARNING, "cannot read: permission denied; not checked", "a"
)


def drawn(text: str, *steps: Step, path: str = "x.py", **more: object) -> list[str]:
    """The drawing of a path over a text, without what stands before and behind it."""
    found = finding(path=path, trace=steps, help="")
    rows = render(view([found], files={"x.py": text}, quiet=True, **more)).split("\n")
    return rows[1:-2]


def test_one_leak() -> None:
    check_golden("one_leak.txt", render(view([LEAK])))


def test_colours() -> None:
    check_golden("colours.txt", render(view([LEAK], [SYNTAX], color=True)))


def test_colour_carries_nothing_that_the_text_lacks() -> None:
    import re

    coloured = render(view([LEAK], [SYNTAX], color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render(view([LEAK], [SYNTAX]))


def test_loop_and_two_labels_on_a_line() -> None:
    text = "for dsn in dsns:\n    conn = connect(dsn)\n    use(conn)\n"
    loop = (
        step(2, 12, 24, "acquired here", kind=StepKind.ACQUIRE, path="x.py"),
        step(1, 12, 16, "the loop takes a turn", kind=StepKind.BRANCH, path="x.py"),
        step(2, 5, 9, "`conn` is bound again while it is held", kind=StepKind.REBIND, path="x.py"),
    )
    check_golden("loop.txt", "\n".join(drawn(text, *loop)) + "\n")


def test_folding() -> None:
    text = "".join(f"line {number}\n" for number in range(1, 13))
    steps = [step(line, 1, 5, f"step at {line}", path="x.py") for line in (1, 2, 4, 8, 12)]
    check_golden("folding.txt", "\n".join(drawn(text, *steps)) + "\n")


def test_long_paths_show_their_ends() -> None:
    text = "".join(f"line {number}\n" for number in range(1, 121))
    steps = [step(line, 1, 5, f"step at {line}", path="x.py") for line in range(7, 7 * 16, 7)]
    assert len(steps) == 15
    check_golden("long_path.txt", "\n".join(drawn(text, *steps)) + "\n")
    assert sum("step at" in row for row in drawn(text, *steps[:12])) == 12


def test_step_in_another_file() -> None:
    elsewhere = replace(step(2, 1, 5, "raises here", kind=StepKind.RAISE), path="y.py")
    steps = (step(1, 1, 5, "acquired here", kind=StepKind.ACQUIRE, path="x.py"), elsewhere)
    found = finding(path="x.py", trace=steps, help="")
    check_golden("two_files.txt", render(view([found], files={"x.py": "here\n", "y.py": "\nthere\n"})))


@pytest.mark.parametrize(
    ("text", "column", "end", "under"),
    [
        ("    use(conn)", 5, 14, "    ---------"),
        ("\tuse(conn)", 2, 11, "    ---------"),
        ("\t\tuse(conn)", 3, 12, "        ---------"),
        ("名 = use()", 5, 10, "     -----"),
        ("use('名')", 1, 9, "---------"),
        ("cafe\u0301 = use()", 9, 14, "       -----"),
        ("x = '\x1b'; use()", 10, 15, "            -----"),
        ("use(", 1, 5, "----"),
        ("", 7, 9, "-"),
    ],
)
def test_labels_stand_under_their_text(text: str, column: int, end: int, under: str) -> None:
    mark = drawn(text, step(1, column, end, "m", path="x.py"))[2]
    assert mark == f"   | {under} 1 m"


def test_span_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    marked = step(1, 5, 2, "m", path="x.py", end_line=3)
    assert drawn("x = f(  \n  a\n)\n", marked)[1:3] == [" 1 | x = f(", "   |     -- 1 m"]


def test_long_lines_are_clipped_around_the_label() -> None:
    text = "a" * 300 + "use()" + "b" * 300
    rows = drawn(text, step(1, 301, 306, "m", path="x.py"), width=60)
    assert rows[1] == " 1 | …" + "a" * 20 + "use()" + "b" * 35 + "…"
    assert rows[2] == "   | " + " " * 21 + "----- 1 m"


def test_nothing_from_source_or_names_reaches_the_terminal_raw() -> None:
    evil = "x = 1  # \x1b[31m \u202e\n"
    found = finding(
        path="a\nb\x1b.py",
        message="\u2066 \x07",
        help="\x1b",
        trace=(step(1, 1, 2, "\x9b", path="a\nb\x1b.py"),),
        also=("\u200f",),
    )
    text = render(view([found], files={"a\nb\x1b.py": evil}))
    assert text.startswith("a\\x0ab\\x1b.py:5:18: error: PGL102 leak-on-path: \\u2066 \\x07\n")
    assert "# \\x1b[31m \\u202e" in text
    assert not {"\x1b", "\x9b", "\x07", "\u202e", "\u2066", "\u200f"} & set(text)


def test_plain_is_ascii_and_still_aligned() -> None:
    rows = drawn("名 = use()  # …", step(1, 5, 10, "m…", path="x.py"), plain=True)
    assert rows[1] == " 1 | \\u540d = use()  # ..."
    assert rows[2] == "   |          ----- 1 m..."


def test_source_that_is_gone_is_no_error() -> None:
    assert "1 acquired here" in render(view([LEAK], files={}))


def test_without_trace() -> None:
    text = render(view([LEAK], trace=False))
    assert "acquired here" not in text
    assert "  = docs: pgleak-lint rule PGL102\n" in text


CLEAN = "no leaks: 214 files, 38 acquire sites checked\n"


def test_clean() -> None:
    assert render(view()) == CLEAN


def test_clean_and_quiet() -> None:
    assert render(view(quiet=True)) == ""


def test_numbers_agree() -> None:
    assert render(view(files_checked=1, acquire_sites=1)) == "no leaks: 1 file, 1 acquire site checked\n"
    assert render(view(files_checked=0)) == ""


def test_unchecked_files() -> None:
    text = render(view([], [SYNTAX, UNREADABLE], files_not_checked=2))
    assert text.startswith("a:1:1: warning: PGL905 unreadable-file: cannot read: permission denied; not checked\n")
    assert text.endswith(f"{CLEAN}2 files not checked (PGL901 1, PGL905 1)\n")


def test_unchecked_files_are_told_even_where_the_diagnostic_is_ignored() -> None:
    assert render(view(files_not_checked=1)) == f"{CLEAN}1 file not checked\n"


def test_drivers_without_a_site() -> None:
    assert render(view(unrecognised=[("asyncpg", 3)])) == (
        CLEAN + "note: asyncpg is imported in 3 files, but no acquire was recognised; "
        "see pgleak-lint drivers asyncpg, or declare wrappers\n"
    )


def test_suppressed_are_counted() -> None:
    silenced = Suppressed(LEAK, Directive("line", ("PGL102",), "", 5, 5, 5))
    assert render(view(suppressed=[silenced])) == f"{CLEAN}1 finding suppressed by comments\n"


def many() -> list[Finding]:
    other = replace(LEAK, code="PGL103", name="leak-on-exception", severity=Severity.WARNING)
    unnamed = replace(other, resource=replace(LEAK.resource, pool=None), path="app/b.py")  # type: ignore[type-var]
    return [LEAK, other, unnamed]


def test_summary() -> None:
    last = render(view(many())).split("\n")[-2]
    assert last == "1 error, 2 warnings in 2 of 214 files; 38 acquire sites. By pool: `app.db.pool` 2, asyncpg 1."


def test_statistics() -> None:
    check_golden("statistics.txt", render(view(many(), statistics=True)))


def test_order() -> None:
    found = [finding(9), finding(5, code="PGL103"), finding(5), finding(1, path="b.py")]
    heads = [row.split(": ")[0] + row.split(" ")[2] for row in render(view(found)).split("\n") if "error:" in row]
    assert heads == [
        "app/users.py:5:18PGL102",
        "app/users.py:5:18PGL103",
        "app/users.py:9:18PGL102",
        "b.py:1:18PGL102",
    ]


def test_a_terminal_with_links_gets_one() -> None:
    text = render(view([LEAK], links=True))
    target = "https://pgleak-lint.readthedocs.io/rules/leak-on-path/"
    assert f"= docs: \x1b]8;;{target}\x1b\\pgleak-lint rule PGL102\x1b]8;;\x1b\\" in text
    assert "\x1b]8" not in render(view([LEAK]))
