"""Where a piece of source text stands."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of source text.

    Lines count from 1, columns from 1 in Unicode code points (a tab is one column); the end is exclusive.
    Spans order by their start, so sorting findings by span sorts them as a reader meets them.
    """

    line: int
    column: int
    end_line: int
    end_column: int


NO_SPAN = Span(0, 0, 0, 0)
"""The span of what stands nowhere in the text: an op that lowering made up."""
