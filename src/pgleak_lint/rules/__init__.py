"""The rules. Each module of this package that is listed here is one rule."""

from __future__ import annotations

from collections.abc import Sequence

from pgleak_lint.rules import (
    discarded_acquire,
    double_release,
    leak_on_cancellation,
    leak_on_exception,
    leak_on_path,
    nested_acquire,
    never_released,
    owner_never_releases,
    rebound_while_held,
    unawaited_release,
    unguarded_yield,
    use_after_release,
    with_does_not_release,
    wrong_release,
)
from pgleak_lint.rules.base import Rule

ALL: Sequence[Rule] = [
    never_released,
    leak_on_path,
    leak_on_exception,
    leak_on_cancellation,
    rebound_while_held,
    discarded_acquire,
    unawaited_release,
    with_does_not_release,
    wrong_release,
    unguarded_yield,
    owner_never_releases,
    double_release,
    use_after_release,
    nested_acquire,
]


def find_rule(word: str, rules: Sequence[Rule] = ALL) -> Rule | None:
    """The rule with that code or name, in any case."""
    wanted = word.strip().lower()
    return next((rule for rule in rules if wanted in (rule.META.code.lower(), rule.META.name)), None)
