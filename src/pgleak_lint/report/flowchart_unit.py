"""The unit that a flowchart shows, from the text of its file."""

from __future__ import annotations

from pgleak_lint.cfg.graph import CodeUnit
from pgleak_lint.project.store import code_of
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault, read_what_can_be


def unit_of(text: str, qualname: str) -> CodeUnit | list[str] | Fault:
    """The unit with its graph; the names that there are, where there is none of that name."""
    return run_with_deep_stack(lambda: _unit_of(text, qualname))


def _unit_of(text: str, qualname: str) -> CodeUnit | list[str] | Fault:
    syntax = read_what_can_be(text)
    module = syntax if isinstance(syntax, Fault) else code_of(text, syntax)
    if isinstance(module, Fault):
        return module
    for unit in module.units:
        if unit.qualname == qualname:
            return module.lowered(unit.index)
    return [unit.qualname for unit in module.units]
