"""The path of a finding drawn over its source: numbered labels under the lines, what lies between folded.

Lines stand in the order of the file, and the numbers tell the order of the path, so that a loop reads naturally.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pgleak_lint._record import record
from pgleak_lint.findings.finding import Step, StepKind
from pgleak_lint.report.escape import printable, shown_width, source_line

MOST_STEPS = 12
"""A longer path is shown by its ends."""
ENDS = 4
LEAD = 20
"""How much of a clipped line stays before its first label."""
_STRONG = (StepKind.ACQUIRE, StepKind.EXIT, StepKind.REBIND)


@record
class Canvas:
    """Where source comes from and how it is shown. ``width`` is the most code points of a source line; ``plain`` asks for
    ASCII."""

    lines_of: Callable[[str], Sequence[str]]
    width: int
    plain: bool = False


@record
class Label:
    """One step with its number in the path."""

    number: int
    step: Step


def gutter_of(steps: Sequence[Step]) -> int:
    """The width of the column with the line numbers."""
    return max((len(str(step.span.line)) for step in steps), default=1) + 1


def draw(steps: Sequence[Step], path: str, canvas: Canvas) -> list[str]:
    """The lines of the drawing, without colours. ``path`` is what the reader knows already: steps in another file get a
    block of their own under its name."""
    labels = [Label(number, step) for number, step in enumerate(steps, 1)]
    gutter = gutter_of(steps)
    bar = f"{' ' * gutter} |"
    if len(labels) <= MOST_STEPS:
        return [*_part(labels, path, canvas, gutter), bar]
    hidden = len(labels) - 2 * ENDS
    return [
        *_part(labels[:ENDS], path, canvas, gutter),
        f"{bar} … {hidden} more (--output-format json has all)",
        *_part(labels[-ENDS:], path, canvas, gutter),
        bar,
    ]


def _part(labels: Sequence[Label], known: str, canvas: Canvas, gutter: int) -> Iterator[str]:
    by_path: dict[str, list[Label]] = {}
    for label in labels:
        by_path.setdefault(label.step.path, []).append(label)
    for path, here in by_path.items():
        if path != known:
            first = here[0].step.span
            yield f"{' ' * gutter}--> {printable(path)}:{first.line}:{first.column}"
        yield f"{' ' * gutter} |"
        yield from _block(here, canvas.lines_of(path), canvas, gutter)


def _block(labels: Sequence[Label], lines: Sequence[str], canvas: Canvas, gutter: int) -> Iterator[str]:
    previous = None
    for number in sorted({label.step.span.line for label in labels}):
        if previous is not None:
            yield from _between(previous, number, lines, canvas, gutter)
        here = [label for label in labels if label.step.span.line == number]
        row = _Row(_text(number, lines), min(label.step.span.column for label in here) - 1, canvas)
        yield _numbered(number, row, gutter)
        for label in here:
            yield f"{' ' * gutter} | {row.mark(label)}"
        previous = number


def _between(before: int, after: int, lines: Sequence[str], canvas: Canvas, gutter: int) -> Iterator[str]:
    if after - before == 2:
        yield _numbered(before + 1, _Row(_text(before + 1, lines), 0, canvas), gutter)
    elif after - before > 2:
        yield f"{'...':>{gutter}}"


def _numbered(number: int, row: _Row, gutter: int) -> str:
    return f"{number:>{gutter}} | {row.shown()}".rstrip()


def _text(number: int, lines: Sequence[str]) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


class _Row:
    """One source line, clipped around its first label if it is too long."""

    def __init__(self, text: str, focus: int, canvas: Canvas) -> None:
        self._text = text.rstrip()
        self._plain = canvas.plain
        self._start, self._end = 0, len(self._text)
        if len(self._text) > canvas.width:
            self._start = max(0, min(focus - LEAD, len(self._text) - canvas.width))
            self._end = min(len(self._text), self._start + canvas.width)
        self._lead = "…" if self._start else ""

    def shown(self) -> str:
        """The line without its number."""
        tail = "…" if self._end < len(self._text) else ""
        text = f"{self._lead}{self._text[self._start : self._end]}{tail}"
        return source_line(text, plain=self._plain)

    def mark(self, label: Label) -> str:
        """What stands under the line for one step."""
        span = label.step.span
        last = span.end_column - 1 if span.end_line == span.line else len(self._text)
        first = min(max(span.column - 1, self._start), self._end)
        before = self._width(self._lead + self._text[self._start : first])
        width = max(1, self._width(self._text[first : min(last, self._end)]))
        sign = "^" if label.step.kind in _STRONG else "-"
        return f"{' ' * before}{sign * width} {label.number} {printable(label.step.message)}"

    def _width(self, text: str) -> int:
        return shown_width(text, plain=self._plain)
