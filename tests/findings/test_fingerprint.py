"""A finding keeps its identity when the code around it changes."""

from __future__ import annotations

from dataclasses import replace

from pgleak_lint.findings.fingerprint import with_fingerprints
from tests.findings.made import finding


def prints(*findings: object) -> list[str]:
    return [found.fingerprint for found in with_fingerprints(findings)]  # type: ignore[arg-type]


def test_lines_path_and_white_space_do_not_matter() -> None:
    plain = finding(5, expression="pool.acquire( timeout=5 )")
    moved = finding(50, path="lib/other.py", expression="pool.acquire(timeout = 5)", message="other words")
    assert prints(plain) == prints(moved)


def test_code_function_and_expression_matter() -> None:
    plain = finding()
    others = [replace(plain, code="PGL103"), replace(plain, function="other"), replace(plain, expression="p.acquire()")]
    assert len({prints(found)[0] for found in [plain, *others]}) == 4


def test_equal_ones_are_told_apart_by_their_order() -> None:
    first, second = prints(finding(5), finding(9))
    assert first != second
    assert prints(finding(4), finding(20)) == [first, second]


def test_the_form_is_versioned() -> None:
    assert prints(finding()) == ["1:" + prints(finding())[0].removeprefix("1:")]
    assert len(prints(finding())[0]) == len("1:") + 16
