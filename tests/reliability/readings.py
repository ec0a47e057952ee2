"""One text read in two ways, as a whole and by way of its skeleton: both say the same of it."""

from __future__ import annotations

import ast
import random
from dataclasses import fields

from pgleak_lint.cfg.graph import CodeUnit
from pgleak_lint.cfg.outline import outline_module
from pgleak_lint.cfg.outline.closed import Cutting, is_closed_function
from pgleak_lint.cfg.outline.named import look_into
from pgleak_lint.project.store import code_of_skeleton
from pgleak_lint.source.deep_stack import run_with_deep_stack
from pgleak_lint.source.document import Fault, decode, parse, split_lines
from tests.reliability.trial import Tally, try_this

LEADING = ("connect", "session", "self", "get", "name", "conn", "x", "value", "execute")
_COMPARED = [field.name for field in fields(CodeUnit) if field.name not in ("free", "index", "parent", "outline")]


def try_readings(name: str, data: bytes, tally: Tally, chance: random.Random) -> None:
    """Read the bytes both ways, with some names that functions stay open for."""
    tally.counts["files"] += 1
    text = decode(data)
    leading = frozenset(chance.sample(LEADING, chance.randrange(3)))
    if not isinstance(text, Fault):
        try_this(name, data, tally, lambda: run_with_deep_stack(lambda: difference(text, leading)))


def difference(text: str, leading: frozenset[str]) -> str:
    """What a skeleton says that the whole text does not; nothing where they agree, or one of them can't be had."""
    module = code_of_skeleton(text, leading)
    if module is None:
        return ""
    cuttings = [unit.cutting for unit in module.units if is_closed_function(unit) and unit.cutting.is_unseen]
    wrong = next(filter(None, map(_missed, cuttings)), "")
    closed = _real(module.units)
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ""  # it was read as far as it is Python
    opened = _real(outline_module(tree, split_lines(text), None))
    if len(opened) != len(closed):
        return f"difference: {len(closed)} units, not {len(opened)}"
    for unit, other in zip(opened, closed):
        for field in _COMPARED:
            if getattr(unit, field) != getattr(other, field):
                return f"difference: {field} of {unit.qualname}: {getattr(other, field)}, not {getattr(unit, field)}"
        if [type(op) for op in unit.outline or ()] != [type(op) for op in other.outline or ()]:
            return f"difference: ops of {unit.qualname}"
    return wrong


def _real(units: tuple[CodeUnit, ...]) -> list[CodeUnit]:
    return [unit for unit in units if unit.outline is not None and unit.name != "<none>"]


def _missed(cutting: Cutting) -> str:
    """A name that a function uses or sets by its syntax tree, and does not by its text."""
    try:
        (around,) = parse(f"{'if 1:' if cutting.is_indented else ''}\n{cutting.text}\n\n").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ""
    (function,) = around.body if isinstance(around, ast.If) else (around,)
    seen = look_into(function) if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) else None
    for name in sorted(seen.names) if seen is not None else ():
        if not (cutting.may_store(name[1:]) if name[0] == "." else cutting.may_use(name)):
            return f"difference: {name} in {cutting.qualname}"
    return ""
