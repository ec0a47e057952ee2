"""Rules of third parties: modules of the shape of ours, found through the entry-point group ``pgleak_lint.rules``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pgleak_lint._installed import entry_points_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pgleak_lint.rules.base import Rule

GROUP = "pgleak_lint.rules"


class PluginError(Exception):
    """A plugin that cannot be used, as one line for the user."""


@lru_cache(maxsize=1)
def all_rules() -> Sequence[Rule]:
    """Our rules, then those of installed plugins in the order of their names. Raises `PluginError`."""
    from pgleak_lint.rules import ALL  # here, because runs that find nothing need none of them

    return (*ALL, *plugin_rules())


@lru_cache(maxsize=1)
def plugin_rules() -> Sequence[Rule]:
    """The rules of third parties, in the order of their names. Raises `PluginError`."""
    return tuple(map(_loaded, entry_points_of(GROUP)))


def _loaded(point: EntryPoint) -> Rule:
    try:
        rule: Rule = point.load()
    except Exception as error:
        raise PluginError(f"plugin '{point.name}': cannot import {point.module} ({type(error).__name__})") from error
    missing = [name for name in ("META", "EXAMPLES", "check") if not hasattr(rule, name)]
    if missing:
        raise PluginError(f"plugin '{point.name}': {point.module} has no {', '.join(missing)}")
    return rule
