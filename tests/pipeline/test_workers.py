"""Sharing work among processes: everything is done once, and told in its order."""

from collections.abc import Sequence

import pytest

from pgleak_lint.pipeline.workers import chunked, run_in_processes


def _squares(items: Sequence[int]) -> list[int]:
    return [item * item for item in items]


def _nobody_died(item: int) -> list[int]:
    raise AssertionError(item)


@pytest.mark.parametrize("jobs", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 7, 300])
def test_each_item_is_done_once(jobs: int, count: int) -> None:
    told: list[int] = []
    items = range(count)
    assert run_in_processes(_squares, items, jobs, told.append, _nobody_died) == _squares(items)
    assert sum(told) == count


@pytest.mark.parametrize("count", [0, 1, 8, 9, 5_000, 100_000])
def test_chunks_hold_each_item_once(count: int) -> None:
    chunks = chunked(range(count))
    assert [item for chunk in chunks for item in chunk] == list(range(count))
    assert all(len(chunk) <= 64 for chunk in chunks)
