"""A flowchart as SVG: the lines of the source in their order, and arrows on the right for every way that is not the next line."""

from __future__ import annotations

import html

from pgleak_lint.report.escape import printable
from pgleak_lint.report.flowchart import Flowchart, Link, Node, Place

ROW, LANE, TEXT, TOP = 24, 14, 7.4, 12
"""Pixels: height of a row, distance of two arrows, width of a character, margin above."""
LONGEST = 90
"""Characters of a line that are shown."""

_STYLE = (
    ".fc{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#1c2128}.fc .no{fill:#6b7280}"
    ".fc path{fill:none;stroke:#9aa4b2;stroke-width:1.2}.fc .odd{stroke-dasharray:4 3}"
    ".fc path.leak{stroke:#b42318;stroke-width:2.4;stroke-dasharray:none}.fc rect{fill:#fdecc8}.fc .out{fill:#eef1f5}"
    ".fc .out.leak{fill:#f8d3cf}.fc .lbl{font-size:10px;fill:#6b7280}.fc .lbl.leak{fill:#b42318}"
    "@media(prefers-color-scheme:dark){.fc{fill:#e6e8eb}.fc rect{fill:#4a3a12}.fc .out{fill:#2c323b}"
    ".fc .out.leak{fill:#5d231d}.fc path{stroke:#6b7280}.fc path.leak{stroke:#ff8a7d}}"
)


def svg(chart: Flowchart) -> str:
    """The picture, standing alone or within a page of HTML."""
    rows: dict[Place, int] = {node.place: number for number, node in enumerate(chart.nodes)}
    least = min((node.depth for node in chart.nodes if isinstance(node.place, int)), default=0)
    texts = [_text_of(node, least) for node in chart.nodes]
    left = 56 + max((len(text) for text in texts), default=0) * TEXT + 24
    lanes = _lanes([link for link in chart.links if not _is_next(link, rows)], rows)
    width = left + (max(lanes.values(), default=0) + 1) * LANE + 90
    height = TOP * 2 + len(chart.nodes) * ROW
    title = html.escape(printable(f"control flow of {chart.title}"))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="fc" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" '
        f'height="{height}" role="img" aria-label="{title}"><title>{title}</title><style>{_STYLE}</style>',
        '<defs><marker id="fc-end" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0,0L8,4L0,8z" style="fill:context-stroke;stroke:none"/></marker></defs>',
    ]
    for node, text in zip(chart.nodes, texts):
        parts += _row(node, text, rows[node.place])
    for link in sorted(chart.links, key=lambda link: link.marked):
        parts += _next(link, rows) if _is_next(link, rows) else _arc(link, rows, left, lanes[link])
    return "\n".join([*parts, "</svg>", ""])


def _text_of(node: Node, least: int) -> str:
    text = printable(" " * max(0, node.depth - least) + node.text) if isinstance(node.place, int) else node.text
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _row(node: Node, text: str, row: int) -> list[str]:
    y = TOP + row * ROW
    parts = []
    indent = (len(text) - len(text.lstrip())) * TEXT
    kind = " leak" if node.marked else ""
    if isinstance(node.place, int):
        if node.marked:
            parts.append(f'<rect x="50" y="{y + 2}" width="{len(text) * TEXT + 10:.0f}" height="{ROW - 4}" rx="4"/>')
        parts.append(f'<text class="no" x="40" y="{y + 16}" text-anchor="end">{node.place}</text>')
        parts.append(f'<text x="{56 + indent:.1f}" y="{y + 16}">{html.escape(text.lstrip())}</text>')
    else:
        parts.append(
            f'<rect class="out{kind}" x="50" y="{y + 2}" width="{len(text) * TEXT + 16:.0f}" height="{ROW - 4}" rx="10"/>'
        )
        parts.append(f'<text x="58" y="{y + 16}">{html.escape(text)}</text>')
    return parts


def _is_next(link: Link, rows: dict[Place, int]) -> bool:
    return rows[link.target] == rows[link.source] + 1 and link.label in ("", "true", "false")


def _next(link: Link, rows: dict[Place, int]) -> list[str]:
    y = TOP + rows[link.source] * ROW + ROW - 4
    kind = ' class="leak"' if link.marked else ""
    return [f'<path{kind} d="M46,{y}V{y + 9}" marker-end="url(#fc-end)"/>']


def _lanes(links: list[Link], rows: dict[Place, int]) -> dict[Link, int]:
    """Short arrows inside, long ones outside, so that as few as can be cross."""
    taken: list[list[tuple[int, int]]] = []
    found: dict[Link, int] = {}
    for link in sorted(links, key=lambda link: (abs(rows[link.source] - rows[link.target]), rows[link.source])):
        low, high = sorted((rows[link.source], rows[link.target]))
        free = (n for n, spans in enumerate(taken) if all(high < start or end < low for start, end in spans))
        number = next(free, len(taken))
        if number == len(taken):
            taken.append([])
        taken[number].append((low, high))
        found[link] = number
    return found


def _arc(link: Link, rows: dict[Place, int], left: float, lane: int) -> list[str]:
    start = TOP + rows[link.source] * ROW + ROW / 2 + 3
    end = TOP + rows[link.target] * ROW + ROW / 2 - 3
    x = left + lane * LANE
    kinds = [*(["leak"] if link.marked else []), *(["odd"] if link.label not in ("", "true", "false") else [])]
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    path = f"M{left - 16:.0f},{start}H{x:.0f}V{end}H{left - 18:.0f}"
    parts = [f'<path{kind} d="{path}" marker-end="url(#fc-end)"/>']
    if link.label and (link.marked or link.label in ("true", "false")):
        mark = " leak" if link.marked else ""
        parts.append(f'<text class="lbl{mark}" x="{x + 4:.0f}" y="{start + 3}">{html.escape(link.label)}</text>')
    return parts
