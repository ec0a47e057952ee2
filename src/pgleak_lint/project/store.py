"""The code units of a project's modules, read when somebody asks and kept for the next one who does."""

from __future__ import annotations

import ast
import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import field
from typing import Any, cast

from pgleak_lint._record import record
from pgleak_lint.cfg.graph import CodeModule
from pgleak_lint.cfg.on_demand import lowered_on_demand
from pgleak_lint.cfg.outline import outline_module
from pgleak_lint.project.layout import Layout
from pgleak_lint.source.document import (
    Fault,
    Syntax,
    decode,
    read_file,
    read_what_can_be,
    split_lines,
    too_deep,
)

Names = frozenset[str]
Leading = Callable[[str, str, Names], Names]

KEPT = 4_500_000
"""Characters of the modules that are kept at a time: a bound on memory, not on what can be looked at."""


@record
class ModuleSource:
    """One module of the project. ``home`` is its absolute path and its identity, ``name`` its dotted name, ``shown`` the path
    as findings show it. ``deep``: some of it is nested more deeply than libcst can take. ``leading``: the words in it that can
    lead to an acquire, and those of the names ``asked`` that are in it; None if nobody looked. ``is_package``: relative imports count from itself."""

    home: str
    name: str
    shown: str
    module: CodeModule
    text: str
    deep: bool = False
    leading: Names | None = None
    asked: Names = frozenset()
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
    """Modules by file. A file that can't be read or parsed is no module; checking it says so.

    ``leading`` gives the words in a text, which stands for a file, that can lead to an acquire, with some more names: functions
    without any stay closed.
    """

    def __init__(self, layout: Layout, leading: Leading | None = None) -> None:
        self.layout = layout
        self._leading = leading
        self._modules: OrderedDict[str, ModuleSource | None] = OrderedDict()
        self._size = 0

    def find(self, name: str, importer: str) -> str | None:
        """The file of a module, by its dotted name."""
        return self.layout.find(name, importer)

    def load(self, home: str, names: Names = frozenset()) -> ModuleSource | None:
        """The module in that file. ``names``: what will be looked for in it."""
        if home not in self._modules:
            data = read_file(home)
            text = data if isinstance(data, Fault) else decode(data)
            read = text if isinstance(text, Fault) else self.read(home, shown_path(home), text, names)
            self._keep(home, read if isinstance(read, ModuleSource) else None)
        self._modules.move_to_end(home)
        return self._modules[home]

    def read(self, home: str, shown: str, text: str, names: Names = frozenset()) -> ModuleSource | Fault:
        """The module of a text that stands for the file ``home``. ``names``: what will be looked for in it."""
        kept = self._modules.get(home)
        if kept is not None and kept.text == text and kept.shown == shown:
            return kept
        syntax = read_what_can_be(text)
        if isinstance(syntax, Fault):
            return syntax
        leading = self._leading(home, text, names) if self._leading is not None else None
        module = code_of(text, syntax, leading)
        if isinstance(module, Fault):
            return module
        source = ModuleSource(home, self.layout.name_of(home), shown, module, text, syntax.deep, leading, names)
        self._keep(home, source)
        return source

    def _keep(self, home: str, source: ModuleSource | None) -> None:
        self._size += _size(source) - _size(self._modules.get(home))
        self._modules[home] = source
        self._modules.move_to_end(home)
        while self._size > KEPT and len(self._modules) > 1:
            self._size -= _size(self._modules.popitem(last=False)[1])


def _size(source: ModuleSource | None) -> int:
    return len(source.text) if source is not None else 0


def code_of(text: str, syntax: Syntax, leading: Names | None = None) -> CodeModule | Fault:
    """The code units of a text: outlined from its syntax tree, lowered at once where only libcst can read it. Functions without
    any of the words ``leading`` stay closed."""
    if isinstance(syntax.tree, ast.Module):
        lines = split_lines(text)
        try:
            units = outline_module(syntax.tree, lines if syntax.text == text else split_lines(syntax.text), leading)
        except RecursionError:
            return too_deep()
        return lowered_on_demand(units, lines, guarded=syntax.deep)
    from pgleak_lint.cfg.lower import lower_module

    return lower_module(syntax.tree)


def shown_path(home: str) -> str:
    """A file's path as seen from the working directory; as it is, if it is not below."""
    below = os.path.relpath(home) if os.path.splitdrive(home)[0] == os.path.splitdrive(os.getcwd())[0] else home
    return (home if below.startswith("..") else below).replace(os.sep, "/")
