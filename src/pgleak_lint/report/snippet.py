"""The path of a finding drawn over its source: numbered labels under the lines, what lies between folded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pgleak_lint.findings.finding import Step, StepKind
from pgleak_lint.report.escape import printable, shown_width, source_line

MOST_STEPS = 12
ENDS = 4
_STRONG = (StepKind.ACQUIRE, StepKind.EXIT, StepKind.REBIND)


@dataclass(frozen=True, slots=True)
class Label:
    """One step with its number in the path."""

    number: int
    step: Step


def draw(
    steps: Sequence[Step], lines_of: Callable[[str], Sequence[str]], shown_path: Callable[[str], str]
) -> list[str]:
    """The lines of the drawing, without colours. Steps in other files than the first get a block of their own."""
    labels = [Label(number, step) for number, step in enumerate(steps, 1)]
    hidden = 0
    if len(labels) > MOST_STEPS:
        hidden = len(labels) - 2 * ENDS
        labels = labels[:ENDS] + labels[-ENDS:]
    by_path: dict[str, list[Label]] = {}
    for label in labels:
        by_path.setdefault(label.step.path, []).append(label)
    gutter = max(len(str(label.step.span.line)) for label in labels) + 1
    rows: list[str] = []
    for position, (path, here) in enumerate(by_path.items()):
        if position:
            first = here[0].step.span
            rows.append(f"{' ' * gutter}--> {printable(shown_path(path))}:{first.line}:{first.column}")
        rows.append(f"{' ' * gutter} |")
        rows.extend(_block(here, lines_of(path), gutter))
    if hidden:
        rows.append(f"{' ' * gutter} | … {hidden} more (--output-format json has all)")
    rows.append(f"{' ' * gutter} |")
    return rows


def _block(labels: list[Label], lines: Sequence[str], gutter: int) -> Iterator[str]:
    numbers = sorted({label.step.span.line for label in labels})
    previous = None
    for number in numbers:
        if previous is not None:
            yield from _between(previous, number, lines, gutter)
        yield _source(number, lines, gutter)
        for label in labels:
            if label.step.span.line == number:
                yield _mark(label, lines, gutter)
        previous = number


def _between(before: int, after: int, lines: Sequence[str], gutter: int) -> Iterator[str]:
    if after - before == 2:
        yield _source(before + 1, lines, gutter)
    elif after - before > 2:
        yield f"{'...':>{gutter}}"


def _text(number: int, lines: Sequence[str]) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _source(number: int, lines: Sequence[str], gutter: int) -> str:
    return f"{number:>{gutter}} | {source_line(_text(number, lines))}".rstrip()


def _mark(label: Label, lines: Sequence[str], gutter: int) -> str:
    span, text = label.step.span, _text(label.step.span.line, lines)
    end = span.end_column - 1 if span.end_line == span.line else len(text.rstrip())
    before = shown_width(text[: span.column - 1])
    width = max(1, shown_width(text[span.column - 1 : end]))
    sign = "^" if label.step.kind in _STRONG else "-"
    return f"{' ' * gutter} | {' ' * before}{sign * width} {label.number} {printable(label.step.message)}"
