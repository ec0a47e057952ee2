"""What checks have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pgleak_lint.models.facts import Fact
from tests.conformance.bench import Bench, Differs

Check = Callable[[Bench, Fact], Awaitable[None]]


def expect(wanted: object, seen: object) -> None:
    """The driver does as the model says."""
    if wanted != seen:
        raise Differs(f"saw {seen}")
