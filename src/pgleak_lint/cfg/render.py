"""Graphs as text and as Mermaid flowcharts, for people and for golden files. Stable: the same unit, the same text."""

from __future__ import annotations

import dataclasses
import re

from pgleak_lint.cfg.graph import CodeUnit, ControlFlowGraph, Edge, EdgeKind
from pgleak_lint.cfg.ops import Argument, Build, Call, Compute, EllipsisValue, Op, Unpack, read_temps, written_temps
from pgleak_lint.source.span import Span

_TEMP_FIELDS = frozenset({"dst", "dsts", "src", "obj", "key", "test", "func", "operands", "items", "arguments"})
_PLAIN = re.compile(r"[^A-Za-z0-9 _.,:=()\[\]+*/%@$!?-]")


def render_text(unit: CodeUnit) -> str:
    """The unit's head, then each block with its ops and its ways out."""
    lines = [_head(unit)]
    lines += [f"  {label}: {' '.join(sorted(names))}" for label, names in _names(unit) if names]
    if unit.graph is None:
        lines.append(f"  no graph: {unit.too_large or 'not lowered'}")
    else:
        lines += _block_lines(unit.graph)
    return "\n".join(lines) + "\n"


def render_mermaid(unit: CodeUnit) -> str:
    """A Mermaid flowchart of the unit's graph."""
    lines = ["flowchart TD"]
    if unit.graph is None:
        return "\n".join([*lines, f'  none["{_escape(unit.too_large or "not lowered")}"]']) + "\n"
    exits = {number: kind for kind, number in unit.graph.exits}
    reached = {edge.target for block in unit.graph.blocks for edge in block.edges}
    for block in unit.graph.blocks:
        if block.id in exits:
            if block.id in reached:
                lines.append(f'  b{block.id}(["{_escape(exits[block.id].value)}"])')
            continue
        label = "<br/>".join(_escape(text) for text in [f"{block.id}", *map(render_op, block.ops)])
        lines.append(f'  b{block.id}["{label}"]')
    for block in unit.graph.blocks:
        for edge in block.edges:
            label = _edge_label(edge)
            arrow = f'-->|"{_escape(label)}"|' if label else "-->"
            lines.append(f"  b{block.id} {arrow} b{edge.target}")
    return "\n".join(lines) + "\n"


def render_op(op: Op) -> str:
    """One op in a line, without its span: ``%3 = call %1(%2)``."""
    written = ", ".join(f"%{temp}" for temp in written_temps(op))
    return (f"{written} = " if written else "") + _operation(op)


def _operation(op: Op) -> str:
    match op:
        case Call():
            arguments = ", ".join(map(_argument, op.arguments))
            return f"{'decorate' if op.decorator else 'call'} %{op.func}({arguments})"
        case Compute():
            return f"{op.operator} {_temps(op)}".rstrip()
        case Build():
            items = (("*" if star else "") + f"%{item}" for item, star in zip(op.items, op.stars))
            return f"{op.kind} [{', '.join(items)}]"
        case Unpack():
            star = "" if op.star is None else f" star={op.star}"
            return f"unpack %{op.src}{star}{' literal' if op.literal else ''}"
    return " ".join(word for word in (_name(op), _temps(op), _details(op)) if word)


def _name(op: Op) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(op).__name__).lower()


def _temps(op: Op) -> str:
    return ", ".join(f"%{temp}" for temp in read_temps(op))


def _details(op: Op) -> str:
    """What the op says besides its temps: names bare, flags by name, everything else as a Python value."""
    words = []
    for field in dataclasses.fields(op):
        value = getattr(op, field.name)
        if field.name in _TEMP_FIELDS or isinstance(value, Span):
            continue
        if (value is None or value is False) and field.name not in ("value", "constant"):
            continue
        if value is True and field.name not in ("value", "constant"):
            words.append(field.name)
        elif isinstance(value, str) and field.name not in ("value", "constant", "annotation", "types"):
            words.append(value)
        elif isinstance(value, EllipsisValue):
            words.append("...")
        elif field.name in ("annotation", "constant"):
            words.append(f"{field.name}={value!r}")
        else:
            words.append(repr(value))
    return " ".join(words)


def _argument(argument: Argument) -> str:
    keyword = f"{argument.keyword}=" if argument.keyword else ""
    return f"{argument.star}{keyword}%{argument.value}"


def _head(unit: CodeUnit) -> str:
    words = [*(["async"] if unit.is_async else []), *(["generator"] if unit.is_generator else [])]
    words += [unit.kind.value, unit.qualname]
    parameters = ", ".join(
        ("" if parameter.kind.startswith(("p", "k")) else parameter.kind) + parameter.name
        for parameter in unit.parameters
    )
    return f"{' '.join(words)}({parameters}) at {_place(unit.span)}"


def _names(unit: CodeUnit) -> list[tuple[str, frozenset[str]]]:
    return [
        ("bound", unit.bound),
        ("free", unit.free),
        ("global", unit.global_names),
        ("nonlocal", unit.nonlocal_names),
    ]


def _block_lines(graph: ControlFlowGraph) -> list[str]:
    exits = {number: kind for kind, number in graph.exits}
    lines = []
    for block in graph.blocks:
        if block.id in exits:
            continue
        lines.append(f"  {block.id}:{' (entry)' if block.id == graph.entry else ''}")
        for op in block.ops:
            lines.append(f"    {render_op(op):<48} {_place(op.span)}")
        for edge in block.edges:
            target = f"exit {exits[edge.target].value}" if edge.target in exits else str(edge.target)
            lines.append(f"    -> {target}" + (f"  on {label}" if (label := _edge_label(edge)) else ""))
    return lines


def _edge_label(edge: Edge) -> str:
    if edge.kind is EdgeKind.NORMAL:
        return ""
    kind: str = edge.kind.value
    return kind + (f" {edge.raised}" if edge.raised else "")


def _place(span: Span) -> str:
    if not span.line:
        return "-"
    return f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"


def _escape(text: str) -> str:
    """Mermaid's own entity codes for everything that could mean something to it."""
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", text)
