"""The code units of a project's modules, read when somebody asks and kept for the next one who does."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from pgleak_lint.cfg.graph import CodeModule
from pgleak_lint.cfg.lower import lower_module
from pgleak_lint.project.layout import Layout
from pgleak_lint.source.document import Fault, check_syntax, decode, parse_tree, read_file, split_lines

KEPT = 512
"""Lowered modules that are kept at a time: a bound on memory, not on what can be looked at."""


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """One module of the project. ``home`` is its absolute path and its identity, ``name`` its dotted name, ``shown`` the path
    as findings show it. ``is_package``: relative imports count from itself."""

    home: str
    name: str
    shown: str
    module: CodeModule
    lines: tuple[str, ...]

    @property
    def is_package(self) -> bool:
        """Whether it is the ``__init__`` of a package."""
        return os.path.basename(self.home) == "__init__.py"


class ModuleStore:
    """Modules by file. A file that can't be read or parsed is no module; checking it says so."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._modules: OrderedDict[str, ModuleSource | None] = OrderedDict()

    def find(self, name: str, importer: str) -> str | None:
        """The file of a module, by its dotted name."""
        return self.layout.find(name, importer)

    def load(self, home: str) -> ModuleSource | None:
        """The module in that file."""
        if home not in self._modules:
            self._modules[home] = self._read(home)
            if len(self._modules) > KEPT:
                self._modules.popitem(last=False)
        else:
            self._modules.move_to_end(home)
        return self._modules[home]

    def add(self, source: ModuleSource) -> None:
        """A module that was read already."""
        self._modules[source.home] = source

    def _read(self, home: str) -> ModuleSource | None:
        data = read_file(Path(home))
        text = data if isinstance(data, Fault) else decode(data)
        if isinstance(text, Fault) or check_syntax(text) is not None:
            return None
        tree = parse_tree(text)
        if isinstance(tree, Fault):
            return None
        return ModuleSource(
            home, self.layout.name_of(home), shown_path(home), lower_module(tree), tuple(split_lines(text))
        )


def shown_path(home: str) -> str:
    """A file's path as seen from the working directory; as it is, if it is not below."""
    below = os.path.relpath(home) if os.path.splitdrive(home)[0] == os.path.splitdrive(os.getcwd())[0] else home
    return (home if below.startswith("..") else below).replace(os.sep, "/")
