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
from pgleak_lint.cfg.outline import Misplaced, outline_module, outline_skeleton, skeleton_of
from pgleak_lint.project.layout import Layout
from pgleak_lint.source.document import (
    Fault,
    Syntax,
    decode,
    is_deep,
    parse,
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
    lead to an acquire, and those of the names ``asked`` that are in it; None if nobody looked. ``whole``: nothing in it can be an error
    of syntax. ``is_package``: relative imports count from itself."""

    home: str
    name: str
    shown: str
    module: CodeModule
    text: str
    deep: bool = False
    leading: Names | None = None
    asked: Names = frozenset()
    whole: bool = True
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
            read = text if isinstance(text, Fault) else self.read(home, shown_path(home), text, names, whole=False)
            self._keep(home, read if isinstance(read, ModuleSource) else None)
        self._modules.move_to_end(home)
        return self._modules[home]

    def read(
        self, home: str, shown: str, text: str, names: Names = frozenset(), *, whole: bool = True
    ) -> ModuleSource | Fault:
        """The module of a text that stands for the file ``home``. ``names``: what will be looked for in it. ``whole``: errors of syntax
        are to be told wherever they are; else those in functions that stay closed are not seen."""
        kept = self._modules.get(home)
        if kept is not None and kept.text == text and kept.shown == shown and (kept.whole or not whole):
            return kept
        source = None if whole else self._by_skeleton(home, shown, text)
        found = source or self._as_a_whole(home, shown, text, names)
        if isinstance(found, ModuleSource):
            self._keep(home, found)
        return found

    def _by_skeleton(self, home: str, shown: str, text: str) -> ModuleSource | None:
        """The same whoever asks, and for what: names that are looked for do not decide what is parsed."""
        leading = self._leading(home, text, frozenset()) if self._leading is not None else None
        module = code_of_skeleton(text, leading) if leading is not None else None
        if module is None:
            return None
        return ModuleSource(home, self.layout.name_of(home), shown, module, text, leading=leading, whole=False)

    def _as_a_whole(self, home: str, shown: str, text: str, names: Names) -> ModuleSource | Fault:
        syntax = read_what_can_be(text)
        if isinstance(syntax, Fault):
            return syntax
        leading = self._leading(home, text, names) if self._leading is not None else None
        module = code_of(text, syntax, leading)
        if isinstance(module, Fault):
            return module
        return ModuleSource(home, self.layout.name_of(home), shown, module, text, syntax.deep, leading, names)

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


def code_of_skeleton(text: str, leading: Names) -> CodeModule | None:
    """The code units of a text as `code_of` has them, of which only the functions that use one of the words ``leading`` are parsed; None
    where more than that has to be, since the text is written in an unusual way, or is no Python."""
    skeleton = skeleton_of(text, leading)
    if skeleton is None:
        return None
    lines = split_lines(text)
    try:
        tree = parse(skeleton.text)
        units = outline_skeleton(tree, lines, leading, skeleton)
    except (SyntaxError, ValueError, MemoryError, RecursionError, Misplaced):
        return None
    return None if is_deep(tree, skeleton.text) else lowered_on_demand(units, lines, has_unseen=True)


def shown_path(home: str) -> str:
    """A file's path as seen from the working directory; as it is, if it is not below."""
    below = os.path.relpath(home) if os.path.splitdrive(home)[0] == os.path.splitdrive(os.getcwd())[0] else home
    return (home if below.startswith("..") else below).replace(os.sep, "/")
