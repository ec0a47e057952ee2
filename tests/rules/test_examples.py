"""The examples of every rule are its documentation and its tests: marked lines have just that finding, others none."""

from __future__ import annotations

import re

import pytest

from pgleak_lint.rules import ALL, find_rule
from pgleak_lint.rules.base import Bad, Good, Rule
from pgleak_lint.testing import assert_rule
from tests.support import found, marked

CASES = [(rule, example) for rule in ALL for example in rule.EXAMPLES]


@pytest.mark.parametrize(("rule", "example"), CASES, ids=[f"{rule.META.code}-{e.title}" for rule, e in CASES])
def test_example(rule: Rule, example: Bad | Good) -> None:
    expected = marked(example.code, rule.META.code)
    assert bool(expected) == isinstance(example, Bad), "a bad example marks its findings, a good one has none"
    assert found(example.code) == expected


def test_codes_and_names_are_unique() -> None:
    assert len({rule.META.code for rule in ALL}) == len(ALL) == len({rule.META.name for rule in ALL})


def test_the_registry_is_complete() -> None:
    codes = {rule.META.code for rule in ALL}
    assert codes == {*(f"PGL{number}" for number in range(101, 112)), "PGL201", "PGL202", "PGL203"}


@pytest.mark.parametrize("rule", ALL, ids=[rule.META.code for rule in ALL])
def test_documentation(rule: Rule) -> None:
    text = rule.__doc__ or ""
    for section in ("What it finds", "Why it matters", "How to fix", "Known limits"):
        assert re.search(rf"^{section}$", text, re.MULTILINE), section
    assert {type(example) for example in rule.EXAMPLES} == {Bad, Good}
    assert find_rule(rule.META.name) is rule
    assert find_rule(rule.META.code.lower()) is rule


@pytest.mark.parametrize("rule", ALL, ids=[rule.META.code for rule in ALL])
def test_the_helper_for_authors_agrees(rule: Rule) -> None:
    assert_rule(rule)


def test_the_helper_for_authors_says_what_is_wrong() -> None:
    rule = ALL[0]
    good = next(example for example in rule.EXAMPLES if isinstance(example, Good))

    class Broken:
        __doc__ = rule.__doc__
        META = rule.META
        EXAMPLES = (Bad("not bad", good.code + "x = 1  # finding\n"), good)
        check = staticmethod(rule.check)

    with pytest.raises(AssertionError, match=r"not bad: findings on lines \[\], expected on \[\d+\]"):
        assert_rule(Broken())  # type: ignore[arg-type]
