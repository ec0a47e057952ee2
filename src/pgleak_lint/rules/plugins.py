"""What third parties bring: rules, modules of the shape of ours, through the entry-point group ``pgleak_lint.rules``, and
driver models, packages with model files, through ``pgleak_lint.models``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from pgleak_lint.rules import ALL
from pgleak_lint.rules.base import Rule

GROUP = "pgleak_lint.rules"
MODELS = "pgleak_lint.models"


class PluginError(Exception):
    """A plugin that cannot be used, as one line for the user."""


@lru_cache(maxsize=1)
def all_rules() -> Sequence[Rule]:
    """Our rules, then those of installed plugins in the order of their names. Raises `PluginError`."""
    found: list[Rule] = list(ALL)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            rule = point.load()
        except Exception as error:
            raise PluginError(
                f"plugin '{point.name}': cannot import {point.module} ({type(error).__name__})"
            ) from error
        missing = [name for name in ("META", "EXAMPLES", "check") if not hasattr(rule, name)]
        if missing:
            raise PluginError(f"plugin '{point.name}': {point.module} has no {', '.join(missing)}")
        found.append(rule)
    return tuple(found)


@lru_cache(maxsize=1)
def model_files() -> tuple[Path, ...]:
    """The model files of installed plugins, in the order of their names. The packages are found and not run. Raises
    `PluginError`."""
    points = sorted(entry_points(group=MODELS), key=lambda point: point.name)
    return tuple(path for point in points for path in _files_of(point))


def _files_of(point: EntryPoint) -> list[Path]:
    try:
        spec = find_spec(point.value)
    except Exception as error:
        raise PluginError(f"plugin '{point.name}': cannot find {point.value} ({type(error).__name__})") from error
    folders = list(spec.submodule_search_locations or ()) if spec else []
    files = sorted(path for folder in folders for path in Path(folder).glob("*.toml"))
    if not files:
        raise PluginError(f"plugin '{point.name}': {point.value} is no package with model files (*.toml)")
    return files
