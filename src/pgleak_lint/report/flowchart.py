"""The control flow of one function by source lines, with the path of a finding marked: what all pictures of it show.

A line is one node, however many basic blocks it has, and however often a ``finally`` was lowered: people think in lines.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from pgleak_lint._record import record
from pgleak_lint.cfg.graph import BasicBlock, CodeUnit, ControlFlowGraph, EdgeKind
from pgleak_lint.cfg.ops import Leave, Op
from pgleak_lint.findings.finding import Finding

Place = int | str
"""A source line, or the name of a way out (``return``, ``exception``, …)."""


@record
class Node:
    """``text`` is the source line without its indentation, or the way out in words; ``depth`` its indentation in characters."""

    place: Place
    text: str
    depth: int = 0
    marked: bool = False


@record
class Link:
    """Control may pass. ``label`` is empty for the ordinary way."""

    source: Place
    target: Place
    label: str = ""
    marked: bool = False


@record
class Flowchart:
    """Nodes in the order of the text, the ways out last; links by source and target."""

    title: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def flowchart(unit: CodeUnit, lines: Sequence[str], finding: Finding | None = None) -> Flowchart:
    """The picture of a unit that has a graph. Raises ValueError where it has none."""
    if unit.graph is None:
        raise ValueError(unit.too_large or "not lowered")
    kinds = _links(unit.graph)
    path = set(_path(kinds, finding)) if finding is not None else set()
    marked = {place for pair in path for place in pair}
    places = {place for pair in kinds for place in pair}
    steps = sorted(place for place in places if isinstance(place, int))
    exits = [kind.value for kind, _ in unit.graph.exits if kind.value in places]
    nodes = [_node(line, lines, marked=line in marked) for line in steps]
    nodes += [Node(name, name, marked=name in marked) for name in exits]
    links = [
        Link(source, target, ", ".join(dict.fromkeys(labels)) if all(labels) else "", (source, target) in path)
        for (source, target), labels in sorted(
            kinds.items(), key=lambda item: (str(item[0][0]).zfill(9), str(item[0][1]))
        )
    ]
    return Flowchart(unit.qualname, tuple(nodes), tuple(links))


def _node(line: int, lines: Sequence[str], *, marked: bool) -> Node:
    text = lines[line - 1] if line <= len(lines) else ""
    return Node(line, text.strip(), len(text) - len(text.lstrip()), marked)


def _links(graph: ControlFlowGraph) -> dict[tuple[Place, Place], list[str]]:
    """(from, to) → the kinds of edges between them, as words; the ordinary one is empty."""
    exits: dict[int, Place] = {number: kind.value for kind, number in graph.exits}
    found: dict[tuple[Place, Place], list[str]] = {}
    for block in graph.blocks:
        own = _lines_of(block)
        for number in range(len(own) - 1):
            found.setdefault((own[number], own[number + 1]), []).append("")
        if not own:
            continue
        for edge in block.edges:
            label = _LABELS.get(edge.kind, edge.kind.value)
            for target in _first_lines(graph, edge.target, exits):
                if target != own[-1] or edge.kind is EdgeKind.TRUE:
                    found.setdefault((own[-1], target), []).append(label)
    return found


_LABELS = {EdgeKind.NORMAL: "", EdgeKind.TRUE: "true", EdgeKind.FALSE: "false"}


def _lines_of(block: BasicBlock) -> list[int]:
    lines = [op.span.line for op in block.ops if op.span.line and not _is_end(op)]
    return [line for number, line in enumerate(lines) if number == 0 or line != lines[number - 1]]


def _is_end(op: Op) -> bool:
    """Falling off the end: its span is the whole function."""
    return isinstance(op, Leave) and op.keyword == "end"


def _first_lines(graph: ControlFlowGraph, start: int, exits: dict[int, Place]) -> Iterator[Place]:
    """The places where control comes first from a block on, through blocks without ops."""
    pending, seen = [start], {start}
    while pending:
        number = pending.pop()
        own = _lines_of(graph.blocks[number])
        if number in exits:
            yield exits[number]
        elif own:
            yield own[0]
        else:
            new = [edge.target for edge in graph.blocks[number].edges if edge.target not in seen]
            seen.update(new)
            pending.extend(new)


def _path(kinds: dict[tuple[Place, Place], list[str]], finding: Finding) -> Iterator[tuple[Place, Place]]:
    """The links between the steps of a finding, each by the shortest way, and the way out."""
    stations: list[Place] = [step.span.line for step in finding.trace if step.path == finding.path]
    if not stations:
        return
    goals = [*stations[1:], *finding.exits[:1]]
    current = stations[0]
    for goal in goals:
        if goal == current:
            continue
        way = list(_shortest(kinds, current, goal))
        if way:
            yield from way
            current = goal


def _shortest(kinds: dict[tuple[Place, Place], list[str]], start: Place, goal: Place) -> Sequence[tuple[Place, Place]]:
    following: dict[Place, list[Place]] = {}
    for source, target in kinds:
        following.setdefault(source, []).append(target)
    came: dict[Place, Place] = {}
    pending = deque([start])
    while pending:
        place = pending.popleft()
        for target in following.get(place, ()):
            if target not in came and target != start:
                came[target] = place
                pending.append(target)
    way: list[tuple[Place, Place]] = []
    while goal in came and goal != start:
        way.append((came[goal], goal))
        goal = came[goal]
    return way[::-1]
