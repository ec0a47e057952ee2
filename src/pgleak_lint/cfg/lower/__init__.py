"""Lowering: from a libcst tree to code units with control-flow graphs. Run it in a deep stack (`source.deep_stack`)."""

from __future__ import annotations

import libcst as cst

from pgleak_lint.cfg.graph import CodeModule
from pgleak_lint.cfg.lower.units import MAX_BLOCKS, ModuleLowering


def lower_module(tree: cst.Module, *, max_blocks: int = MAX_BLOCKS) -> CodeModule:
    """All code units of a module. A unit may have ``max_blocks`` basic blocks and some more for each of its lines."""
    return ModuleLowering(tree, max_blocks).lower()
