"""Outlines: the ops of a module's code units in the order of the text, without control flow, read from `ast`.

`ast` is ten times as fast as libcst, so every module that can matter is outlined, and only the functions that hold
something to follow are lowered to graphs. An outline has the very ops that lowering emits (but for those that only steer:
exits, tests of patterns, drops at the end of scopes), so what a name is can be asked of either.
"""

from __future__ import annotations

import ast

from pgleak_lint.cfg.graph import CodeUnit
from pgleak_lint.cfg.outline.lines import Lines
from pgleak_lint.cfg.outline.skeleton import Skeleton, skeleton_of
from pgleak_lint.cfg.outline.units import Misplaced, ModuleOutline

__all__ = ["Misplaced", "Skeleton", "outline_module", "outline_skeleton", "skeleton_of"]


def outline_module(tree: ast.Module, lines: list[str], leading: frozenset[str] | None = None) -> tuple[CodeUnit, ...]:
    """All code units, each with its ``outline`` and no graph. ``lines`` are those of the text, without their ends. Functions
    without any of the words ``leading`` stay closed until somebody looks inside; None: none does. Run it in a deep stack."""
    return ModuleOutline(tree, Lines(lines), leading).units()


def outline_skeleton(
    tree: ast.Module, lines: list[str], leading: frozenset[str], skeleton: Skeleton
) -> tuple[CodeUnit, ...]:
    """As `outline_module`, from the tree of a skeleton; ``lines`` are those of the whole text. Raises `Misplaced`."""
    return ModuleOutline(tree, Lines(lines), leading, skeleton.cuts).units()
