"""One self-contained page: findings per file, the leak path drawn over the source. No script, nothing from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from itertools import groupby

from pgleak_lint.cfg.graph import CodeUnit
from pgleak_lint.findings.finding import Finding, Step
from pgleak_lint.report import flowchart_svg
from pgleak_lint.report.entries import START, Entry, diagnostics, entries, marks, shown_path
from pgleak_lint.report.escape import source_line
from pgleak_lint.report.flowchart import flowchart
from pgleak_lint.report.flowchart_unit import unit_of
from pgleak_lint.report.text import outcome
from pgleak_lint.report.view import View

_LARGEST = 400
"""Basic blocks of a function that is drawn."""
_AROUND = 1
"""Lines shown before and behind a step."""

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2128;--paper:#fff;--faint:#6b7280;--line:#e2e5ea;--wash:#f6f7f9;
--error:#b42318;--warning:#92580a;--note:#175cd3;--mark:#fdecc8}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--paper:#14171c;--faint:#98a1ad;--line:#2c323b;--wash:#1b2027;
--error:#ff8a7d;--warning:#f2b455;--note:#84b4ff;--mark:#4a3a12}}
*{box-sizing:border-box}body{margin:0 auto;max-width:66rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}h1{font-size:1.4rem;margin:0}h2{font:600 1rem ui-monospace,monospace;margin:2.5rem 0 .5rem;
overflow-wrap:anywhere}.sum{color:var(--faint);margin:.25rem 0 1.5rem}article{border:1px solid var(--line);border-radius:8px;
margin:1rem 0;overflow:hidden}article>header{padding:.75rem 1rem;background:var(--wash)}h3{font-size:1rem;margin:0;
font-weight:600}.meta{font-size:.85rem;color:var(--faint)}.error{color:var(--error)}.warning{color:var(--warning)}
.note{color:var(--note)}pre{margin:0;padding:.75rem 0;overflow-x:auto;font:13px/1.6 ui-monospace,monospace}
pre .row{display:block;padding:0 1rem;white-space:pre}pre .no{display:inline-block;width:3.5rem;color:var(--faint);
user-select:none}mark{background:var(--mark);color:inherit;border-radius:3px}.step{display:block;padding:0 1rem 0 4.5rem;
font:13px/1.6 system-ui,sans-serif;color:var(--error);white-space:normal}.step b{display:inline-block;min-width:1.4rem;
height:1.4rem;border-radius:1rem;background:var(--error);color:var(--paper);text-align:center;line-height:1.4rem;
margin-right:.4rem;font-size:.75rem}.fold{display:block;padding:0 1rem;color:var(--faint)}.tail{padding:.5rem 1rem .9rem;
border-top:1px solid var(--line);font-size:.9rem}.tail p{margin:.25rem 0}table{border-collapse:collapse;width:100%;
font-size:.9rem}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
a{color:inherit}code{font-family:ui-monospace,monospace;font-size:.92em}.off{opacity:.65}
details{border-top:1px solid var(--line);padding:.5rem 1rem}summary{cursor:pointer;font-size:.9rem;color:var(--faint)}
.flow{overflow-x:auto}
""".strip()


def render(view: View) -> str:
    """The page."""
    shown = entries(view)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>pgleak-lint report</title><style>{_STYLE}</style></head><body>",
        "<main><h1>pgleak-lint</h1>",
        f'<p class="sum">{"<br>".join(_words(line) for line in outcome(view))}</p>',
    ]
    if shown:
        parts += _contents(view, shown)
    for path, group in groupby(enumerate(shown, 1), key=lambda pair: pair[1].finding.path):
        parts.append(f"<section><h2>{_text(shown_path(view, path))}</h2>")
        for number, entry in group:
            parts += _article(view, entry, number)
        parts.append("</section>")
    parts += _unchecked(view)
    return "\n".join([*parts, "</main></body></html>", ""])


def _contents(view: View, shown: Sequence[Entry]) -> Iterator[str]:
    yield "<table><thead><tr><th>severity</th><th>rule</th><th>where</th><th>finding</th></tr></thead><tbody>"
    for number, entry in enumerate(shown, 1):
        finding = entry.finding
        severity = finding.severity.value
        where = f"{shown_path(view, finding.path)}:{finding.span.line}"
        yield (
            f'<tr{"" if entry.counts else " class=off"}><td class="{severity}">{severity}</td><td>{_text(finding.code)}</td>'
            f'<td><a href="#f{number}"><code>{_text(where)}</code></a></td><td>{_words(finding.message + marks(entry))}</td></tr>'
        )
    yield "</tbody></table>"


def _article(view: View, entry: Entry, number: int) -> Iterator[str]:
    finding = entry.finding
    severity = finding.severity.value
    yield f'<article id="f{number}"{"" if entry.counts else " class=off"}><header>'
    yield f'<h3><span class="{severity}">{severity}</span> {_text(finding.code)}: {_words(finding.message + marks(entry))}</h3>'
    place = f"{_text(finding.name)} in <code>{_text(finding.function)}</code>, line {finding.span.line}"
    yield f'<div class="meta">{place}</div></header>'
    if view.trace:
        for path, steps in groupby(enumerate(finding.trace, 1), key=lambda pair: pair[1].path):
            yield from _source(view, finding, path, list(steps))
    yield from _flow(view, finding)
    yield '<div class="tail">'
    for row in finding.also:
        yield f"<p>Also: {_words(row)}</p>"
    if finding.help:
        yield f"<p>Help: {_words(finding.help)}</p>"
    yield f"<p>Docs: <code>pgleak-lint rule {_text(finding.code)}</code></p></div></article>"


def _source(view: View, finding: Finding, path: str, steps: Sequence[tuple[int, Step]]) -> Iterator[str]:
    """The lines of the steps with one more on each side; what lies between is folded."""
    lines = view.lines_of(path)
    if path != finding.path:
        yield f'<div class="meta tail">{_text(shown_path(view, path))}</div>'
    yield "<pre>"
    by_line: dict[int, list[tuple[int, Step]]] = {}
    for number, step in steps:
        by_line.setdefault(step.span.line, []).append((number, step))
    wanted = sorted({n for line in by_line for n in range(line - _AROUND, line + _AROUND + 1) if 0 < n <= len(lines)})
    last = None
    for line in wanted or sorted(by_line):
        if last is not None and line > last + 1:
            yield '<span class="fold">…</span>'
        last = line
        here = by_line.get(line, [])
        text = lines[line - 1] if line <= len(lines) else ""
        yield f'<span class="row"><span class="no">{line}</span>{_marked(text, [step for _, step in here])}</span>'
        for number, step in here:
            yield f'<span class="step"><b>{number}</b>{_words(step.message)}</span>'
    yield "</pre>"


def _flow(view: View, finding: Finding) -> Iterator[str]:
    """The function's control flow with the path marked, to unfold; nothing where the file has changed or is too large."""
    lines = view.lines_of(finding.path)
    unit = unit_of("\n".join(lines), finding.function or "<module>") if lines and view.trace else None
    if isinstance(unit, CodeUnit) and unit.graph is not None and len(unit.graph.blocks) <= _LARGEST:
        picture = flowchart_svg.svg(flowchart(unit, lines, finding))
        yield f"<details><summary>Control flow</summary><div class=flow>{picture}</div></details>"


def _marked(text: str, steps: Sequence[Step]) -> str:
    """The line with the parts marked that the steps speak of."""
    covered = [False] * len(text)
    for step in steps:
        span = step.span
        end = span.end_column - 1 if span.end_line == span.line else len(text)
        for position in range(max(span.column - 1, 0), min(end, len(text))):
            covered[position] = True
    parts = []
    for is_marked, group in groupby(range(len(text)), key=covered.__getitem__):
        positions = list(group)
        piece = html.escape(source_line(text[positions[0] : positions[-1] + 1]))
        parts.append(f"<mark>{piece}</mark>" if is_marked else piece)
    return "".join(parts)


def _unchecked(view: View) -> Iterator[str]:
    found = diagnostics(view)
    if not found:
        return
    yield "<section><h2>Not fully checked</h2><table><tbody>"
    for one in found:
        where = f"{shown_path(view, one.path)}:{(one.span or START).line}"
        yield (
            f'<tr><td class="{one.severity.value}">{_text(one.code)}</td><td><code>{_text(where)}</code></td>'
            f"<td>{_words(one.message)}</td></tr>"
        )
    yield "</tbody></table></section>"


def _text(text: str) -> str:
    return html.escape(source_line(text))


def _words(text: str) -> str:
    """Our own words, with their code set as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _text(text)
    return "".join(f"<code>{_text(part)}</code>" if i % 2 else _text(part) for i, part in enumerate(parts))
