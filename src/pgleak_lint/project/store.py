"""The code units of a project's modules, read when somebody asks and kept for the next one who does."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    text: str
    derived: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What others worked out from the module alone, and keep with it."""

    @property
    def lines(self) -> list[str]:
        """The source lines without their ends."""
        return split_lines(self.text)

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
            data = read_file(Path(home))
            text = data if isinstance(data, Fault) else decode(data)
            if isinstance(text, Fault) or check_syntax(text) is not None:
                self._keep(home, None)
            else:
                read = self.read(home, shown_path(home), text)
                self._keep(home, None if isinstance(read, Fault) else read)
        self._modules.move_to_end(home)
        return self._modules[home]

    def read(self, home: str, shown: str, text: str) -> ModuleSource | Fault:
        """The module of a text that is right Python and stands for the file ``home``."""
        kept = self._modules.get(home)
        if kept is not None and kept.text == text and kept.shown == shown:
            return kept
        tree = parse_tree(text)
        if isinstance(tree, Fault):
            return tree
        source = ModuleSource(home, self.layout.name_of(home), shown, lower_module(tree), text)
        self._keep(home, source)
        return source

    def _keep(self, home: str, source: ModuleSource | None) -> None:
        self._modules[home] = source
        if len(self._modules) > KEPT:
            self._modules.popitem(last=False)


def shown_path(home: str) -> str:
    """A file's path as seen from the working directory; as it is, if it is not below."""
    below = os.path.relpath(home) if os.path.splitdrive(home)[0] == os.path.splitdrive(os.getcwd())[0] else home
    return (home if below.startswith("..") else below).replace(os.sep, "/")
