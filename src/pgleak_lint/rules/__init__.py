"""The rules. Each module of this package that is named here is one rule; they are imported when somebody asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pgleak_lint.rules.base import Rule

    ALL: Sequence[Rule]

_MODULES = (
    "never_released",
    "leak_on_path",
    "leak_on_exception",
    "leak_on_cancellation",
    "rebound_while_held",
    "discarded_acquire",
    "unawaited_release",
    "with_does_not_release",
    "wrong_release",
    "unguarded_yield",
    "owner_never_releases",
    "double_release",
    "use_after_release",
    "nested_acquire",
)


def __getattr__(name: str) -> object:
    if name != "ALL":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _all()


@lru_cache(maxsize=1)
def _all() -> Sequence[Rule]:
    return [cast("Rule", import_module(f"{__name__}.{module}")) for module in _MODULES]


def find_rule(word: str, rules: Sequence[Rule] | None = None) -> Rule | None:
    """The rule with that code or name, in any case; one of ours, unless ``rules`` says among which."""
    wanted = word.strip().lower()
    known = _all() if rules is None else rules
    return next((rule for rule in known if wanted in (rule.META.code.lower(), rule.META.name)), None)
