"""What the reliability runs found, and whether they would find it: the long runs are `python -m tests.reliability`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pgleak_lint.analysis import owners
from tests.reliability.mutate import mutated
from tests.reliability.readings import try_readings
from tests.reliability.trial import Tally, try_file

FOUND = sorted(Path(__file__).with_name("found").glob("*.py"))
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.py"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_once_went_wrong(path: Path) -> None:
    tally = Tally()
    try_file(path.name, path.read_bytes(), tally)
    assert [fault for _, _, fault in tally.failures] == []


def test_damaged_files() -> None:
    tally = Tally()
    for number in range(400):
        chance = random.Random(number)
        path = chance.choice(EXAMPLES)
        try_file(f"{path.name}-{number}", mutated(path.read_text("utf-8"), chance).encode(), tally)
    assert [(name, fault) for name, _, fault in tally.failures] == []
    assert tally.counts["findings"] > 100  # many are still Python, and still leak


def test_damaged_files_read_in_two_ways() -> None:
    tally = Tally()
    for number in range(400):
        chance = random.Random(number)
        path = chance.choice([*EXAMPLES, Path(__file__)])
        text = mutated(path.read_text("utf-8"), chance)
        try_readings(f"{path.name}-{number}", text.encode("utf-8", "surrogatepass"), tally, chance)
    assert [(name, fault) for name, _, fault in tally.failures] == []


def test_a_crash_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*words: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(owners.Owners, "unreleased", broken)
    tally = Tally()
    try_file("a.py", b"import psycopg2\n\nclass A:\n    def f(self):\n        self.c = psycopg2.connect()\n", tally)
    assert [fault.partition(":")[0] for _, _, fault in tally.failures] == ["internal error"]


def test_mutations_are_repeatable() -> None:
    text = EXAMPLES[0].read_text("utf-8")
    assert [mutated(text, random.Random(n)) for n in range(50)] == [mutated(text, random.Random(n)) for n in range(50)]
    assert len({mutated(text, random.Random(n)) for n in range(50)}) > 40
