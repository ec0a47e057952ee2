"""The project around a file: its driver models, its other modules, and which of them can matter."""

from __future__ import annotations

import ast
import os
from functools import lru_cache
from pathlib import Path

from pgleak_lint.config.settings import Settings
from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.installed import model_files
from pgleak_lint.models.loader import load_catalog
from pgleak_lint.models.wrappers import Wrapper
from pgleak_lint.pipeline.relevance import Relevance
from pgleak_lint.project.layout import Layout
from pgleak_lint.project.store import ModuleSource, ModuleStore
from pgleak_lint.source.document import Fault


class Project:
    """What the files of one project share in one process. Nothing in it depends on which of them were checked before."""

    def __init__(self, catalog: Catalog, roots: tuple[Path, ...]) -> None:
        self.catalog = catalog
        self.store = ModuleStore(Layout(roots))
        self.relevance = Relevance(catalog, self.store.layout)

    def find(self, name: str, importer: str) -> str | None:
        """The file of a module, by its dotted name."""
        return self.store.layout.find(name, importer)

    def load(self, home: str) -> ModuleSource | None:
        """The module in that file."""
        return self.store.load(home)

    def matters(self, home: str) -> bool:
        """Whether something in it can be a resource, or lead to one."""
        return self.relevance.matters(home)

    def read(self, home: str | None, shown: str, text: str, tree: ast.Module | None) -> ModuleSource | Fault:
        """The module of a text and its syntax tree, if `ast` could read it; one without a project is kept nowhere."""
        store = self.store if home is not None else ModuleStore(self.store.layout)
        return store.read(home or shown, shown, text, tree)


def project_of(settings: Settings) -> Project:
    """The project that the settings belong to. Raises `pgleak_lint.models.table.ModelError`."""
    root = settings.root or os.getcwd()
    return _project(root, settings.src, settings.models, settings.wrappers)


def forget_projects() -> None:
    """Read models and modules again: for a process that outlives changes of files."""
    _project.cache_clear()


@lru_cache(maxsize=8)
def _project(root: str, src: tuple[str, ...], models: tuple[str, ...], wrappers: tuple[Wrapper, ...]) -> Project:
    files = [*model_files(), *(Path(root, model) for model in models)]
    return Project(load_catalog(files, wrappers), tuple(Path(root, folder) for folder in src))
