"""The project around a file: its driver models, its other modules, and which of them can matter."""

from __future__ import annotations

import os
from collections import OrderedDict
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pgleak_lint.config.settings import Settings
from pgleak_lint.models.installed import model_files
from pgleak_lint.models.vocabulary import Vocabulary
from pgleak_lint.models.wrapper import Wrapper
from pgleak_lint.project.layout import Layout, forget_folders
from pgleak_lint.relevance.relevance import Relevance, Wrappers
from pgleak_lint.source.document import Fault, read_file

if TYPE_CHECKING:
    from pgleak_lint.models.catalog import Catalog
    from pgleak_lint.project.store import ModuleSource, ModuleStore


class Project:
    """What the files of one project share in one process. Nothing in it depends on which of them were checked before.

    ``files`` and ``wrappers`` are the models beside the built-in ones. Models and modules are read when a file needs them: in
    most runs none does.
    """

    def __init__(self, roots: tuple[Path, ...], files: tuple[Path, ...], wrappers: tuple[Wrapper, ...]) -> None:
        self._files = files
        self._wrappers = wrappers
        self.layout = Layout(roots)
        self.relevance = Relevance(self._vocabulary(), self.layout, _AHEAD.read, self._exports)

    def _vocabulary(self) -> Vocabulary:
        if self._files or self._wrappers:
            return self.catalog.vocabulary
        from pgleak_lint.models.builtin_speech import SPEECH

        return Vocabulary(SPEECH)

    @cached_property
    def catalog(self) -> Catalog:
        """The models."""
        if not self._files and not self._wrappers:
            from pgleak_lint.models.builtin import builtin_catalog

            return builtin_catalog()
        from pgleak_lint.models.loader import load_catalog

        return load_catalog(self._files, self._wrappers)

    @cached_property
    def store(self) -> ModuleStore:
        """The modules that were read."""
        from pgleak_lint.project.store import ModuleStore

        return ModuleStore(self.layout, self._leading)

    def _leading(self, home: str, text: str, names: frozenset[str]) -> frozenset[str]:
        return self.relevance.leading(text, home, names)

    def find(self, name: str, importer: str) -> str | None:
        """The file of a module, by its dotted name."""
        return self.layout.find(name, importer)

    def load(self, home: str) -> ModuleSource | None:
        """The module in that file."""
        return self.store.load(home)

    def can_matter(self, data: bytes, home: str | None) -> bool:
        """Whether a file with these bytes can hold an acquire site; ``home`` is its absolute path, if it is in a project."""
        return self.relevance.can_matter(data, home)

    def matters(self, home: str) -> bool:
        """Whether something in it can be a resource, or lead to one."""
        return self.relevance.matters(home)

    def wrappers(self, home: str) -> frozenset[tuple[str, int]]:
        """The names by which modules that it imports may acquire, with what they lead to."""
        return frozenset((name.decode("utf-8", "replace"), lead) for name, lead in self.relevance.wrappers(home))

    def _exports(self, home: str, inherited: Wrappers) -> Wrappers:
        from pgleak_lint.analysis.program import leads_of

        names = frozenset((name.decode("utf-8", "replace"), lead) for name, lead in inherited)
        source = self.store.load(home, frozenset(name for name, _ in names))
        if source is None:
            return frozenset()
        leads = leads_of(source, self.catalog.vocabulary, names)
        return frozenset((name.encode(), lead) for name, lead in leads.exports)

    def read(self, home: str | None, shown: str, text: str, *, whole: bool = True) -> ModuleSource | Fault:
        """The module of a text; one without a project is kept nowhere. ``whole``: with all its errors of syntax."""
        if home is not None:
            names = frozenset(name for name, _ in self.wrappers(home))
            return self.store.read(home, shown, text, names, whole=whole)
        from pgleak_lint.project.store import ModuleStore

        return ModuleStore(self.layout).read(shown, shown, text)

    def is_broken(self, source: ModuleSource) -> bool:
        """Whether a function that uses a name which leads to an acquire is no Python, in a module that was not parsed as a whole."""
        if source.whole:
            return False
        from pgleak_lint.analysis.program import leads_of

        return leads_of(source, self.catalog.vocabulary, self.wrappers(source.home)).is_broken


class _ReadAhead:
    """The bytes of files that others import, kept until they are checked themselves, and not read again then."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def read(self, home: str) -> bytes | None:
        """The bytes of an imported file; None if it can't be read."""
        data = read_file(home)
        if isinstance(data, Fault):
            return None
        self._size += len(data) - len(self._kept.get(home, b""))
        self._kept[home] = data
        while self._size > self._most:
            self._size -= len(self._kept.popitem(last=False)[1])
        return data

    def take(self, home: str) -> bytes | None:
        """What was kept of a file, which is not asked for again."""
        data = self._kept.pop(home, None)
        self._size -= len(data or b"")
        return data

    def forget(self) -> None:
        """Read everything again."""
        self._kept.clear()
        self._size = 0


_AHEAD = _ReadAhead(3_000_000)


def bytes_to_check(home: str) -> bytes | Fault:
    """The bytes of a file that is to be checked."""
    data = _AHEAD.take(home)
    return read_file(home) if data is None else data


def project_of(settings: Settings) -> Project:
    """The project that the settings belong to. Raises `pgleak_lint.models.table.ModelError`."""
    root = settings.root or os.getcwd()
    return _project(root, settings.src, settings.models, settings.wrappers)


def forget_projects() -> None:
    """Read models and modules again: for a process that outlives changes of files."""
    _project.cache_clear()
    _AHEAD.forget()
    forget_folders()


@lru_cache(maxsize=8)
def _project(root: str, src: tuple[str, ...], models: tuple[str, ...], wrappers: tuple[Wrapper, ...]) -> Project:
    files = (*model_files(), *(Path(root, model) for model in models))
    return Project(tuple(Path(root, folder) for folder in src), files, wrappers)
