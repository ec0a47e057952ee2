"""Where control can come to in a graph."""

from __future__ import annotations

from collections.abc import Collection

from pgleak_lint.cfg.graph import EXCEPTIONAL, ControlFlowGraph, ExitKind


def passes_always(graph: ControlFlowGraph, blocks: Collection[int]) -> bool:
    """Whether every way to a return, on which nothing raises, leads through one of the blocks."""
    ends = {block for kind, block in graph.exits if kind is ExitKind.RETURN}
    pending, seen = [graph.entry], {graph.entry}
    while pending:
        block = pending.pop()
        if block in blocks:
            continue
        if block in ends:
            return False
        following = {edge.target for edge in graph.blocks[block].edges if edge.kind not in EXCEPTIONAL} - seen
        seen |= following
        pending.extend(following)
    return True


def cyclic_blocks(graph: ControlFlowGraph) -> frozenset[int]:
    """The blocks from which control can come back to them (Tarjan's strongly connected components)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    found: set[int] = set()
    work: list[tuple[int, int]] = [(graph.entry, 0)]
    while work:
        block, step = work.pop()
        if step == 0:
            order[block] = low[block] = len(order)
            path.append(block)
            on_path.add(block)
        edges = graph.blocks[block].edges
        if step > 0:
            low[block] = min(low[block], low[edges[step - 1].target])
        for number in range(step, len(edges)):
            target = edges[number].target
            if target not in order:
                work += [(block, number + 1), (target, 0)]
                break
            if target in on_path:
                low[block] = min(low[block], order[target])
                if target == block:
                    found.add(block)
        else:
            if low[block] == order[block]:
                component = path[path.index(block) :]
                del path[-len(component) :]
                on_path.difference_update(component)
                if len(component) > 1:
                    found.update(component)
    return frozenset(found)
