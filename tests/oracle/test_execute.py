"""The executor against hand-written functions, and against itself."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.oracle.execute import InvalidProgram, Limits, Outcome, explore_text
from tests.oracle.instrument import instrument
from tests.oracle.programs import MODES, render, seeded
from tests.oracle.table import cases

_MARK = re.compile(r"# (clean|leak:|used|double)(.*)$")

Sites = dict[int, tuple[set[str], set[str]]]


def expected(text: str) -> tuple[Sites, set[int], set[int]]:
    """What the comments say: certain and doubtful exits of each acquire, lines of double releases and of late
    uses."""
    sites: Sites = {}
    lines: dict[str, set[int]] = {"double": set(), "used": set()}
    for number, line in enumerate(text.splitlines(), 1):
        mark = _MARK.search(line)
        if mark is None:
            assert "pool.getconn()" not in line and "pool.acquire()" not in line, line
            continue
        if mark[1] in lines:
            lines[mark[1]].add(number)
            continue
        surely, _, doubtful = mark[2].partition("doubtful:")
        sites[number] = (set(surely.split()), set(doubtful.split()))
    return sites, lines["double"], lines["used"]


def seen(outcome: Outcome) -> Sites:
    return {line: (site.surely, site.possibly - site.surely) for line, site in outcome.sites.items()}


@pytest.mark.parametrize(("mode", "title", "text"), cases(), ids=[case[1] for case in cases()])
def test_table(mode: str, title: str, text: str) -> None:
    found_mode, run = instrument(text)
    outcome = explore_text(run, found_mode)
    sites, double, used = expected(text)
    assert found_mode == mode
    assert not outcome.capped and not outcome.unbound
    assert outcome.double == double
    assert outcome.used == used
    actual = seen(outcome)
    for line, exits in sites.items():
        assert actual.pop(line, (set(), set())) == exits, f"line {line}"
    assert not actual


@pytest.mark.parametrize("mode", MODES)
def test_both_ways_to_make_a_program_executable_agree(mode: str) -> None:
    compared = 0
    for index in range(400):
        rendered = render(seeded(7, index, mode))
        found_mode, run = instrument(rendered.shown)
        assert found_mode == mode
        first, second = explore_text(rendered.run, mode), explore_text(run, mode)
        if not first.unbound and not first.capped:
            assert first == second, rendered.shown
            compared += 1
    assert compared > 380


@pytest.mark.parametrize("mode", MODES)
def test_most_programs_are_of_use(mode: str) -> None:
    outcomes = [explore_text(render(seeded(3, index, mode)).run, mode) for index in range(500)]
    finished = [one for one in outcomes if not one.capped and not one.unbound]
    assert len(finished) > 475
    leaking = sum(any(site.surely for site in one.sites.values()) for one in finished)
    clean = sum(bool(one.sites) and not any(site.possibly for site in one.sites.values()) for one in finished)
    assert leaking > 120
    assert clean > 120


def test_a_real_event_loop_cancels_where_we_do() -> None:
    loop = asyncio.new_event_loop()
    try:
        for index in range(120):
            run = render(seeded(9, index, "async")).run
            by_hand = explore_text(run, "async", Limits(executions=300))
            assert explore_text(run, "async", Limits(executions=300), loop) == by_hand, run
    finally:
        loop.close()


def test_programs_are_the_same_every_time() -> None:
    assert seeded(11, 5, "sync") == seeded(11, 5, "sync")
    assert seeded(11, 5, "sync") != seeded(11, 6, "sync")


def test_the_cap_is_said() -> None:
    body = "    work()\n" * 9
    text = f"def target(pool, owner, bag):\n{body}"
    assert explore_text(text, limits=Limits(executions=5)).capped
    assert not explore_text(text, limits=Limits(executions=50)).capped


def test_a_read_without_a_value_is_said() -> None:
    _, run = instrument("def target(pool, owner, bag):\n    if a is None:\n        return\n")
    assert explore_text(run).unbound


def test_invalid_programs_are_told_from_faults_of_the_executor() -> None:
    with pytest.raises(InvalidProgram):
        explore_text("def target(pool, owner, bag):\n    break\n")
