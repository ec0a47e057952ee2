"""Which settings count for which file: the nearest settings file upwards from it, and the project's root file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pgleak_lint._record import record
from pgleak_lint.config.files import NAMES, Chain, read_chain
from pgleak_lint.config.keys import BY_FIELD, PLACES, Override, Scope
from pgleak_lint.config.layers import Layer, Resolved, environment_layers, option_layers, resolve
from pgleak_lint.config.options import SettingsError
from pgleak_lint.config.settings import Settings
from pgleak_lint.findings.selection import matches_path


@record
class _Place:
    """What the files above a folder say: the nearest file's chain and that of the project's root file."""

    nearest: Chain | None = None
    root: Chain | None = None


class SettingsFinder:
    """The settings for any file: option, environment, override, nearest file, what it extends, preset, default.

    ``options`` are values by field of `Settings`. Folders are looked up once.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        config: str | None = None,
        isolated: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._upper = [*environment_layers(environ or {}), *option_layers(options)]
        self._fixed: _Place | None = _Place() if isolated else None
        self._places: dict[Path, _Place] = {}
        self._without_overrides: dict[str, Resolved] = {}
        self._resolved: dict[tuple[Path | None, tuple[int, ...]], Resolved] = {}
        if config is not None:
            path = Path(config)
            if not path.is_file():
                raise SettingsError(f"--config: no such file: {config}")
            chain = read_chain(path)
            self._fixed = _Place(chain, chain)

    def for_file(self, path: str | Path) -> Settings:
        """The settings for one file. Raises `SettingsError`."""
        return self.explain(path).settings

    def for_folder(self, folder: Path) -> Settings:
        """The settings for the files in one folder (an absolute path), without overrides for some of them."""
        return self._resolve(self._place(folder), ()).settings

    def explain(self, path: str | Path | None = None) -> Resolved:
        """The settings for a file, or those of the working directory, with their origins."""
        if path is None:
            return self._resolve(self._place(Path.cwd()), ())
        absolute = os.path.abspath(path)
        folder = os.path.dirname(absolute)
        if folder in self._without_overrides:
            return self._without_overrides[folder]
        place = self._place(Path(folder))
        overrides = self.overrides(place.nearest)
        if not overrides:
            found = self._without_overrides[folder] = self._resolve(place, ())
            return found
        matching = [
            number
            for number, override in enumerate(overrides)
            if matches_path(absolute, override.paths, root=override.folder)
        ]
        return self._resolve(place, tuple(matching))

    @staticmethod
    def overrides(chain: Chain | None) -> list[Override]:
        """All overrides of a chain, those of the farthest file first."""
        found = []
        for file in reversed(chain or ()):
            folder = os.path.abspath(file.path.parent)
            found += [replace(override, folder=folder) for override in file.values.get("overrides", ())]
        return found

    def _resolve(self, place: _Place, matching: tuple[int, ...]) -> Resolved:
        source = place.nearest[0].path if place.nearest else None
        if (source, matching) not in self._resolved:
            overrides = self.overrides(place.nearest)
            layers = _file_layers(place)
            for number in matching:
                override = overrides[number]
                layers.append(Layer(f"override {override.number} for {', '.join(override.paths)}", override.values))
            root = os.fspath(source.parent) if source else None
            self._resolved[source, matching] = resolve([*layers, *self._upper], root)
        return self._resolved[source, matching]

    # -- files -------------------------------------------------------------------------------------

    def _place(self, folder: Path) -> _Place:
        if self._fixed is not None:
            return self._fixed
        if folder not in self._places:
            self._places[folder] = self._look_up(folder)
            self._check_paths(self._places[folder])
        return self._places[folder]

    def _look_up(self, folder: Path) -> _Place:
        own = _own_chain(folder)
        if own is not None and own[0].is_root:
            return _Place(own, own)
        at_the_top = (folder / ".git").exists() or folder.parent == folder
        above = _Place() if at_the_top else self._place(folder.parent)
        if own is None:
            return above
        if above.root is not None:
            _check_scopes(own, above.root)
        return _Place(own, above.root or own)

    @staticmethod
    def _check_paths(place: _Place) -> None:
        """A settings file must not make the tool write outside of its project."""
        if place.root is None:
            return
        start = place.root[0].path.parent
        root = next((up for up in (start, *start.parents) if (up / ".git").exists()), start)
        for file in place.nearest or ():
            for field in PLACES:
                path = file.values.get(field)
                if path is not None and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
                    raise SettingsError(f"{file.place}{BY_FIELD[field].name}: {path} is outside the project")


def _own_chain(folder: Path) -> Chain | None:
    for name in NAMES:
        if (folder / name).is_file():
            chain = read_chain(folder / name)
            if chain is not None:
                return chain
    return None


def _is_project_wide(field: str) -> bool:
    key = BY_FIELD.get(field)
    return key is not None and key.scope is Scope.PROJECT


def _check_scopes(chain: Chain, root: Chain) -> None:
    """What changes the analysis of callers elsewhere must be the same for one file and the whole tree."""
    wrong = [field for field in chain[0].values if _is_project_wide(field)]
    if wrong:
        where = f"counts in the project's root file only, {root[0].shown}"
        raise SettingsError(*(f"{chain[0].place}{BY_FIELD[field].name}: {where}" for field in wrong))


def _file_layers(place: _Place) -> list[Layer]:
    """The farthest first. Keys for the whole project come from its root file, the others from the nearest one."""
    layers = []
    for chain, project_wide in ((place.root, True), (place.nearest, False)):
        for file in reversed(chain or ()):
            values = {f: value for f, value in file.values.items() if _is_project_wide(f) is project_wide}
            layers.append(Layer(file.shown, values))
    return layers
