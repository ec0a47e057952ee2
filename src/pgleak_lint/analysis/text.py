"""The user's own words: source text of spans."""

from __future__ import annotations

from collections.abc import Sequence

from pgleak_lint.source.span import Span


class SourceText:
    """The lines of one file and the path under which findings show it."""

    def __init__(self, lines: Sequence[str], path: str) -> None:
        self.lines = lines
        self.path = path

    def of(self, span: Span) -> str:
        """The text of a span on one line, white space folded."""
        if span.line < 1 or span.line > len(self.lines):
            return ""
        if span.line == span.end_line:
            return self.lines[span.line - 1][span.column - 1 : span.end_column - 1]
        parts = [self.lines[span.line - 1][span.column - 1 :]]
        parts += self.lines[span.line : span.end_line - 1]
        if span.end_line <= len(self.lines):
            parts.append(self.lines[span.end_line - 1][: span.end_column - 1])
        return " ".join(part.strip() for part in parts)

    def last_line(self, span: Span) -> Span:
        """The text on the last line of a span, without the white space around it."""
        number = min(span.end_line, len(self.lines))
        while number > span.line and not self.lines[number - 1].strip():
            number -= 1
        text = self.lines[number - 1]
        return Span(number, len(text) - len(text.lstrip()) + 1, number, len(text.rstrip()) + 1)
