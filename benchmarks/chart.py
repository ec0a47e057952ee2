"""Curves as a picture that any browser draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 70, 190, 20, 50
COLOURS = ("#0969da", "#1a7f37", "#9a6700", "#cf222e", "#8250df", "#57606a")


def log_log(curves: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str) -> str:
    """An SVG with the curves on logarithmic axes, which have those titles. No value may be 0 or less."""
    points = [point for curve in curves.values() for point in curve]
    xs, ys = _Axis([x for x, _ in points], LEFT, WIDTH - RIGHT), _Axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *(_line(xs.at(x), TOP, xs.at(x), HEIGHT - BOTTOM, "#d0d7de") for x in xs.decades),
        *(_line(LEFT, ys.at(y), WIDTH - RIGHT, ys.at(y), "#d0d7de") for y in ys.decades),
        *(_text(xs.at(x), HEIGHT - BOTTOM + 18, f"{x:,g}", "middle") for x in xs.decades),
        *(_text(LEFT - 8, ys.at(y) + 4, f"{y:g}", "end") for y in ys.decades),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, across, "middle"),
        f'<g transform="rotate(-90 18 {HEIGHT / 2})">{_text(18, HEIGHT / 2, up, "middle")}</g>',
    ]
    ends = sorted(curves, key=lambda name: -curves[name][-1][1])
    for number, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{xs.at(x):.1f},{ys.at(y):.1f}" for x, y in curve)
        row = TOP + 16 + 20 * ends.index(name)
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            _line(WIDTH - RIGHT + 12, row - 4, WIDTH - RIGHT + 32, row - 4, colour, 2),
            _text(WIDTH - RIGHT + 38, row, name, "start"),
        ]
    return "\n".join([*parts, "</svg>", ""])


class _Axis:
    """Values between whole powers of ten, spread from ``first`` to ``last``."""

    def __init__(self, values: Sequence[float], first: float, last: float) -> None:
        self._low = math.floor(math.log10(min(values)))
        self._high = math.ceil(math.log10(max(values)))
        self._first, self._last = first, last

    @property
    def decades(self) -> list[float]:
        return [10.0**power for power in range(self._low, self._high + 1)]

    def at(self, value: float) -> float:
        share = (math.log10(value) - self._low) / max(self._high - self._low, 1)
        return self._first + share * (self._last - self._first)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#24292f">{text}</text>'
