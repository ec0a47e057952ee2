"""``--update-golden``, or ``PGLEAK_UPDATE_GOLDEN=1``, rewrites the printed graphs in ``tests/cfg/cases``; the difference is
for review."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite golden files")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    if os.environ.get("PGLEAK_UPDATE_GOLDEN") == "1":
        return True
    return bool(request.config.getoption("--update-golden", default=False))
