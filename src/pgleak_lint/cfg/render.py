"""A graph as text and as a Mermaid flowchart. Both are stable: the same graph gives the same bytes."""

from __future__ import annotations

from dataclasses import fields

from pgleak_lint.cfg.graph import BasicBlock, CodeUnit, ControlFlowGraph, Edge, EdgeKind
from pgleak_lint.cfg.ops import Argument, Op
from pgleak_lint.source.span import Span

_HIDDEN = ("span", "annotation")


def render_text(unit: CodeUnit) -> str:
    """One paragraph for each block: its ops, then its edges."""
    lines = [f"{unit.kind.value} {unit.qualname}"]
    if unit.graph is None:
        return "\n".join([*lines, f"  no graph: {unit.too_large}", ""])
    exits = {block: kind.value for kind, block in unit.graph.exits}
    for block in unit.graph.blocks:
        if block.id in exits:
            if any(edge.target == block.id for other in unit.graph.blocks for edge in other.edges):
                lines.append(f"  {block.id}: exit by {exits[block.id]}")
            continue
        lines.append(f"  {block.id}:" + (" entry" if block.id == unit.graph.entry else ""))
        lines.extend(f"    {render_op(op)}" for op in block.ops)
        lines.append("    -> " + ", ".join(_edge_text(edge) for edge in block.edges))
    return "\n".join(lines) + "\n"


def render_op(op: Op) -> str:
    """``line dst = Name(arguments)``: temps as ``%3``, everything but spans."""
    shown = []
    target = ""
    for field in fields(op):
        value = getattr(op, field.name)
        if field.name in _HIDDEN or value in (None, False) or value == ():
            continue
        if field.name == "dst":
            target = f"%{value} = "
        else:
            shown.append(_value_text(field.name, value))
    span: Span | None = getattr(op, "span", None)
    line = f"{span.line:>4} " if span is not None and span.line else "     "
    return f"{line}{target}{type(op).__name__}({', '.join(shown)})"


_TEMPS = frozenset({"src", "obj", "key", "func", "test", "operands", "items", "dsts"})


def _value_text(name: str, value: object) -> str:
    if name in _TEMPS:
        if isinstance(value, tuple):
            return "[" + " ".join(f"%{temp}" for temp in value) + "]"
        return f"%{value}"
    if name == "arguments" and isinstance(value, tuple):
        return ", ".join(_argument_text(argument) for argument in value)
    if name == "stars" and isinstance(value, tuple):
        return "stars " + "".join("*" if star else "." for star in value)
    return (
        f"{name}={value!r}"
        if name not in ("name", "attr", "operator", "keyword", "manager", "iterator")
        else str(value)
    )


def _argument_text(argument: Argument) -> str:
    keyword = f"{argument.keyword}=" if argument.keyword else ""
    return f"{argument.star}{keyword}%{argument.value}"


def _edge_text(edge: Edge) -> str:
    raised = f" {edge.raised}" if edge.raised else ""
    return f"{edge.target} {edge.kind.value}{raised}" if edge.kind is not EdgeKind.NORMAL else str(edge.target)


def render_mermaid(unit: CodeUnit) -> str:
    """A Mermaid flowchart: blocks as boxes, exits rounded, exceptional edges dotted."""
    lines = ["flowchart TD"]
    if unit.graph is None:
        return "\n".join([*lines, f'  none["{_escape(unit.too_large or "")}"]', ""])
    exits = {block: kind.value for kind, block in unit.graph.exits}
    used = {edge.target for block in unit.graph.blocks for edge in block.edges} | {unit.graph.entry}
    for block in unit.graph.blocks:
        if block.id in used:
            lines.append(_box(unit.graph, block, exits))
    for block in unit.graph.blocks:
        for edge in block.edges:
            lines.append(_arrow(block, edge))
    return "\n".join(lines) + "\n"


def _box(graph: ControlFlowGraph, block: BasicBlock, exits: dict[int, str]) -> str:
    if block.id in exits:
        return f'  b{block.id}(["{exits[block.id]}"])'
    text = "<br/>".join(_escape(render_op(op).strip()) for op in block.ops) or "choose"
    return f'  b{block.id}["{block.id}: {text}"]'


def _arrow(block: BasicBlock, edge: Edge) -> str:
    if edge.kind is EdgeKind.NORMAL:
        return f"  b{block.id} --> b{edge.target}"
    label = _escape(edge.kind.value + (f" {edge.raised}" if edge.raised else ""))
    line = "-->" if edge.kind in (EdgeKind.TRUE, EdgeKind.FALSE) else "-.->"
    return f'  b{block.id} {line}|"{label}"| b{edge.target}'


def _escape(text: str) -> str:
    """Mermaid reads ``#`` as the start of an entity, and the quotes and brackets of HTML."""
    table = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;"}
    return "".join(table.get(char, char if char.isprintable() else " ") for char in text)
