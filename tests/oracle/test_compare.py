"""The comparison and the shrinking, with analyses that are wrong on purpose."""

from __future__ import annotations

import pytest

from tests.oracle.compare import Direction, Status, compare, differences, shrink
from tests.oracle.execute import explore_text
from tests.oracle.instrument import instrument
from tests.oracle.programs import Block, Node, Program, seeded, size
from tests.oracle.subject import Check, Verdict

EXITS = frozenset({"return", "exception"})


def oracle(text: str) -> Verdict:
    """An analysis that is right: it executes."""
    mode, run = instrument(text)
    sites = explore_text(run, mode).sites
    return Verdict(leaks={line: frozenset(site.surely) for line, site in sites.items() if site.surely})


def silent(text: str) -> Verdict:
    return Verdict()


def alarmist(text: str) -> Verdict:
    lines = [number for number, line in enumerate(text.splitlines(), 1) if "getconn()" in line]
    return Verdict(leaks=dict.fromkeys(lines, EXITS))


def crashing(text: str) -> Verdict:
    return Verdict(fault="KeyError: 3")


def giving_up(text: str) -> Verdict:
    return Verdict(bounded=True)


def test_a_right_analysis_agrees() -> None:
    statuses = [compare(seeded(1, index), oracle).status for index in range(300)]
    assert set(statuses) <= {Status.AGREED, Status.SKIPPED}
    assert statuses.count(Status.AGREED) > 280


@pytest.mark.parametrize(
    ("ask", "direction"),
    [(silent, Direction.MISSED), (alarmist, Direction.FALSE_ALARM), (crashing, Direction.FAULT)],
)
def test_a_wrong_analysis_is_caught_and_shrunk(ask: Check, direction: Direction) -> None:
    for index in range(100):
        result = compare(seeded(1, index), ask)
        if any(difference.direction is direction for difference in result.differences):
            break
    assert result.status is Status.DISAGREED
    least = shrink(result, ask)
    assert size(least.program) <= min(2, size(result.program))
    assert direction in {difference.direction for difference in least.differences}
    assert direction.value in least.describe()


def test_a_bound_is_counted_apart() -> None:
    assert {compare(seeded(1, index), giving_up).status for index in range(50)} <= {
        Status.BOUNDED,
        Status.SKIPPED,
    }


BODY: Block = (Node("acquire", ("a",)), Node("work", ("a",)), Node("release", ("a",)))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"exception"}, Status.AGREED),
        ({"return", "exception"}, Status.DISAGREED),
        ({"return"}, Status.DISAGREED),
        (set(), Status.DISAGREED),
    ],
)
def test_each_exit_counts(said: set[str], status: Status) -> None:
    def ask(text: str) -> Verdict:
        line = next(number for number, line in enumerate(text.splitlines(), 1) if "getconn()" in line)
        return Verdict(leaks={line: frozenset(said)} if said else {})

    assert compare(Program("sync", BODY), ask).status is status


def test_doubtful_leaks_may_be_reported_and_need_not_be() -> None:
    _, run = instrument("def target(pool, owner, bag):\n    a = pool.getconn()\n    bag.append(a)\n")
    outcome = explore_text(run)
    assert differences(outcome, Verdict()) == []
    assert differences(outcome, Verdict(leaks={2: frozenset({"exception"})})) == []
    assert len(differences(outcome, Verdict(leaks={2: frozenset({"return"})}))) == 1


def test_misuse_is_compared_on_demand() -> None:
    text = "def target(pool, owner, bag):\n    a = pool.getconn()\n    pool.putconn(a)\n    pool.putconn(a)\n"
    outcome = explore_text(instrument(text)[1])
    assert differences(outcome, Verdict()) == []
    assert [one.line for one in differences(outcome, Verdict(), misuse=True)] == [4]
    assert differences(outcome, Verdict(double={4}), misuse=True) == []
