"""The analysis against executions: the hand-written table, fixed random programs, and Hypothesis' own."""

from __future__ import annotations

import collections
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.compare import Comparison, Direction, Status, compare, compare_texts, shrink
from tests.oracle.instrument import instrument
from tests.oracle.programs import HEADERS, MODES, Generator, Program, seeded
from tests.oracle.spread import check_spread
from tests.oracle.subject import check
from tests.oracle.table import cases

SEED = 20_260
PROGRAMS = {"sync": 2_000, "async": 700, "generator": 300, "manager": 300, "async-manager": 300}


def in_context(mode: str, text: str) -> str:
    """``text`` with the imports and the annotated signature of generated programs."""
    body = text[text.index(":\n") + 2 :]
    return HEADERS[mode] + body


@pytest.mark.parametrize(("mode", "title", "text"), cases(), ids=[case[1] for case in cases()])
def test_table(mode: str, title: str, text: str) -> None:
    shown = in_context(mode, text)
    _, run = instrument(shown)
    result = compare_texts(Program(mode, ()), shown, run, check, misuse=False)
    if result.status is not Status.AGREED:
        pytest.fail(result.describe(), pytrace=False)


@pytest.mark.parametrize("mode", MODES)
def test_random_programs(mode: str) -> None:
    counts: collections.Counter[Status] = collections.Counter()
    differing: list[Comparison] = []
    for index in range(PROGRAMS[mode]):
        result = compare(seeded(SEED, index, mode))
        counts[result.status] += 1
        false_alarm = any(one.direction is Direction.FALSE_ALARM for one in result.differences)
        if result.status is Status.DISAGREED or false_alarm:
            differing.append(result)
    print(mode, {status.value: count for status, count in counts.items()})
    if differing:
        shown = "\n\n".join(shrink(result, tries=150).describe() for result in differing[:3])
        pytest.fail(f"{len(differing)} of {PROGRAMS[mode]} programs, some of them:\n{shown}", pytrace=False)
    assert counts[Status.AGREED] > 0.9 * PROGRAMS[mode], counts


@pytest.mark.parametrize("mode", MODES)
def test_programs_spread_over_helpers_classes_and_modules(mode: str) -> None:
    differing = []
    agreed = 0
    for index in range(PROGRAMS[mode] // 4):
        result = compare(seeded(SEED, index, mode), check_spread)
        agreed += result.status is Status.AGREED
        if result.status is Status.DISAGREED:
            differing.append(shrink(result, check_spread, tries=150).describe())
    if differing:
        pytest.fail("\n\n".join(differing[:3]), pytrace=False)
    assert agreed > 0.9 * (PROGRAMS[mode] // 4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(rng=st.randoms(use_true_random=False), mode=st.sampled_from(MODES))
def test_programs_of_hypothesis(rng: random.Random, mode: str) -> None:
    result = compare(Generator(rng, mode).program())
    if result.status is Status.DISAGREED:
        pytest.fail(result.describe(), pytrace=False)
