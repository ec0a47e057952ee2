"""Model files of third parties: packages that the entry-point group ``pgleak_lint.models`` names. They are found, not run."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pgleak_lint._installed import entry_points_of
from pgleak_lint.models.table import ModelError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "pgleak_lint.models"


@lru_cache(maxsize=1)
def model_files() -> tuple[Path, ...]:
    """The model files of installed packages, in the order of the entry points' names. Raises `ModelError`."""
    return tuple(path for point in entry_points_of(GROUP) for path in _files_of(point))


def _files_of(point: EntryPoint) -> list[Path]:
    from importlib.util import find_spec

    where = f"plugin '{point.name}'"
    try:
        spec = find_spec(point.value)
    except Exception as error:
        raise ModelError(where, "", f"cannot find {point.value} ({type(error).__name__})") from error
    folders = list(spec.submodule_search_locations or ()) if spec else []
    files = sorted(path for folder in folders for path in Path(folder).glob("*.toml"))
    if not files:
        raise ModelError(where, "", f"{point.value} is no package with model files (*.toml)")
    return files
