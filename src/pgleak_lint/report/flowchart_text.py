"""Flowcharts as Mermaid and as DOT."""

from __future__ import annotations

import re

from pgleak_lint.report.escape import printable
from pgleak_lint.report.flowchart import Flowchart, Node, Place

_PLAIN = re.compile(r"[^A-Za-z0-9 _.,]")


def mermaid(chart: Flowchart) -> str:
    """A Mermaid flowchart; everything that could mean something to it is an entity."""
    lines = ["flowchart TD"]
    for node in chart.nodes:
        shape = f'["{_entities(_label(node))}"]' if isinstance(node.place, int) else f'(["{_entities(node.text)}"])'
        lines.append(f"  {_name(node.place)}{shape}")
    marked = []
    for number, link in enumerate(chart.links):
        arrow = "==>" if link.marked else "-->"
        label = f"|{_entities(link.label)}|" if link.label else ""
        lines.append(f"  {_name(link.source)} {arrow}{label} {_name(link.target)}")
        marked += [number] if link.marked else []
    lines.append("  classDef leak stroke:#b42318,stroke-width:3px")
    if any(node.marked for node in chart.nodes):
        lines.append(f"  class {','.join(_name(node.place) for node in chart.nodes if node.marked)} leak")
    if marked:
        lines.append(f"  linkStyle {','.join(map(str, marked))} stroke:#b42318,stroke-width:3px")
    return "\n".join(lines) + "\n"


def dot(chart: Flowchart) -> str:
    """A digraph of Graphviz."""
    lines = [f"digraph {_quoted(chart.title)} {{", '  node [shape=box, fontname="monospace"];']
    for node in chart.nodes:
        more = ', color="#b42318", penwidth=3' if node.marked else ""
        shape = "" if isinstance(node.place, int) else ", shape=oval"
        lines.append(f"  {_name(node.place)} [label={_quoted(_label(node))}{shape}{more}];")
    for link in chart.links:
        more = ', color="#b42318", penwidth=3' if link.marked else ""
        style = ", style=dashed" if link.label not in ("", "true", "false") else ""
        label = f"label={_quoted(link.label)}"
        lines.append(f"  {_name(link.source)} -> {_name(link.target)} [{label}{style}{more}];")
    return "\n".join([*lines, "}", ""])


def _label(node: Node) -> str:
    return f"{node.place} {node.text}" if isinstance(node.place, int) else node.text


def _name(place: Place) -> str:
    return f"n{place}" if isinstance(place, int) else f"exit_{place.replace('-', '_')}"


def _entities(text: str) -> str:
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", printable(text))


def _quoted(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
