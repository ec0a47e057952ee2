"""The code units of a project's modules, read when somebody asks and kept for the next one who does."""

from __future__ import annotations

import ast
import os
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pgleak_lint.cfg.graph import CodeModule
from pgleak_lint.cfg.on_demand import lowered_on_demand
from pgleak_lint.cfg.outline import outline_module
from pgleak_lint.project.layout import Layout
from pgleak_lint.source.document import (
    Fault,
    decode,
    is_deep,
    parse_tree,
    read_file,
    read_syntax,
    split_lines,
    too_deep,
)

KEPT = 96
"""Lowered modules that are kept at a time: a bound on memory, not on what can be looked at."""


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """One module of the project. ``home`` is its absolute path and its identity, ``name`` its dotted name, ``shown`` the path
    as findings show it. ``deep``: some of it is nested more deeply than libcst can take. ``is_package``: relative imports
    count from itself."""

    home: str
    name: str
    shown: str
    module: CodeModule
    text: str
    deep: bool = False
    derived: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What others worked out from the module alone, and keep with it."""

    @property
    def lines(self) -> list[str]:
        """The source lines without their ends."""
        if "lines" not in self.derived:
            self.derived["lines"] = split_lines(self.text)
        return cast("list[str]", self.derived["lines"])

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
            read = text if isinstance(text, Fault) else self.read(home, shown_path(home), text)
            self._keep(home, read if isinstance(read, ModuleSource) else None)
        self._modules.move_to_end(home)
        return self._modules[home]

    def read(self, home: str, shown: str, text: str) -> ModuleSource | Fault:
        """The module of a text that stands for the file ``home``."""
        kept = self._modules.get(home)
        if kept is not None and kept.text == text and kept.shown == shown:
            return kept
        tree = read_syntax(text, however_deep=True)
        deep = isinstance(tree, ast.Module) and is_deep(tree, text)
        module = tree if isinstance(tree, Fault) else code_of(text, tree, deep=deep)
        if isinstance(module, Fault):
            return module
        source = ModuleSource(home, self.layout.name_of(home), shown, module, text, deep)
        self._keep(home, source)
        return source

    def _keep(self, home: str, source: ModuleSource | None) -> None:
        self._modules[home] = source
        if len(self._modules) > KEPT:
            self._modules.popitem(last=False)


def code_of(text: str, tree: ast.Module | None, *, deep: bool = False) -> CodeModule | Fault:
    """The code units of a text: outlined from its syntax tree, lowered at once where only libcst can read it. ``deep``: some
    of its functions are more than libcst can take."""
    if tree is not None:
        lines = split_lines(text)
        try:
            return lowered_on_demand(outline_module(tree, lines), lines, guarded=deep)
        except RecursionError:
            return too_deep()
    from pgleak_lint.cfg.lower import lower_module

    concrete = parse_tree(text)
    return concrete if isinstance(concrete, Fault) else lower_module(concrete)


def shown_path(home: str) -> str:
    """A file's path as seen from the working directory; as it is, if it is not below."""
    below = os.path.relpath(home) if os.path.splitdrive(home)[0] == os.path.splitdrive(os.getcwd())[0] else home
    return (home if below.startswith("..") else below).replace(os.sep, "/")
