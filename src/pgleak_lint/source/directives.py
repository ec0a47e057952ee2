"""Suppression comments: what they say and which lines they cover.

Comments are read from the token stream, so words in strings are none. A statement is a logical line of that stream: all
physical lines of a simple statement, or the header of a compound one.
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from pgleak_lint._record import record
from pgleak_lint.source.directive import Directive

PGLEAK = re.compile(
    r"#\s*pgleak:\s*(?P<verb>ignore|disable|enable|file-ignore)(?![\w-])"
    r"(?:\[(?P<codes>[^\]]*)\])?\s*(?P<reason>.*?)(?=\s*#\s*pgleak:|\s*$)"
)
_NOQA = re.compile(
    r"#\s*noqa\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)(?![\w-])\s*(?P<reason>[^#]*)", re.IGNORECASE
)
_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@record
class Statement:
    """A logical line: its physical lines and how far it is indented."""

    first: int
    last: int
    indent: int


@record
class Comment:
    """A comment, with the column (from 0) where it begins; ``alone`` if no code stands before it."""

    text: str
    line: int
    column: int
    alone: bool


def find_directives(text: str) -> tuple[Directive, ...]:
    """All suppression comments of a file, in the order of their lines."""
    if "pgleak:" not in text and "noqa" not in text.lower():
        return ()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    comments, statements = scan(text)
    layout = Layout(statements, text.count("\n") + 1)
    found = list(_pgleak(comments, layout))
    found.extend(_noqa(comments, layout))
    return tuple(sorted(found, key=lambda directive: directive.line))


def scan(text: str) -> tuple[list[Comment], list[Statement]]:
    """The comments and the statements, as far as the text can be split into tokens."""
    comments: list[Comment] = []
    statements: list[Statement] = []
    start: tuple[int, int] | None = None
    for token in _tokens(text):
        line, column = token.start
        if token.type == tokenize.COMMENT:
            comments.append(Comment(token.string, line, column, not token.line[:column].strip()))
        elif token.type == tokenize.NEWLINE:
            if start is not None:
                statements.append(Statement(start[0], line, start[1]))
            start = None
        elif start is None and token.type not in _LAYOUT:
            start = token.start
    return comments, statements


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return


class Layout:
    """Which lines belong together."""

    def __init__(self, statements: Sequence[Statement], end: int) -> None:
        self._statements = statements
        self._starts = [statement.first for statement in statements]
        self.end = end

    def holding(self, line: int) -> Statement | None:
        """The statement that has this line."""
        position = bisect_right(self._starts, line) - 1
        if position < 0 or self._statements[position].last < line:
            return None
        return self._statements[position]

    def after(self, line: int) -> Statement | None:
        """The first statement that begins below this line."""
        position = bisect_right(self._starts, line)
        return self._statements[position] if position < len(self._statements) else None

    def covered(self, comment: Comment) -> tuple[int, int]:
        """The lines of the statement that a comment speaks of: the one it stands in, else the next one."""
        statement = self.holding(comment.line)
        if statement is None and comment.alone:
            statement = self.after(comment.line)
        return (statement.first, statement.last) if statement else (comment.line, comment.line)

    def block(self, comment: Comment) -> tuple[int, int]:
        """From the statement that a comment stands in, or from the comment, to the end of the block around it."""
        statement = self.holding(comment.line)
        first, indent = (statement.first, statement.indent) if statement else (comment.line, comment.column)
        following = self._statements[bisect_right(self._starts, comment.line) :]
        outside = next((later.first for later in following if later.indent < indent), self.end + 1)
        return first, outside - 1


def _pgleak(comments: Iterable[Comment], layout: Layout) -> Iterator[Directive]:
    told = [(comment, match) for comment in comments for match in PGLEAK.finditer(comment.text)]
    enabled = [(c.line, word.lower()) for c, match in told if match["verb"] == "enable" for word in _split(match)]
    for comment, match in told:
        codes, reason = _split(match), match["reason"]
        columns = _columns(comment, match)
        if match["verb"] == "file-ignore":
            yield Directive("file", codes, reason, comment.line, 1, layout.end, *columns)
        elif match["verb"] == "ignore":
            yield Directive("line", codes, reason, comment.line, *layout.covered(comment), *columns)
        elif match["verb"] == "disable":
            first, last = layout.block(comment)
            if not codes:
                yield Directive("block", (), reason, comment.line, first, last, *columns)
            for code in codes:
                stop = min((at for at, word in enabled if at > comment.line and _ends(word, code)), default=last)
                yield Directive("block", (code,), reason, comment.line, first, min(last, stop), *columns)


def _columns(comment: Comment, match: re.Match[str]) -> tuple[int, int]:
    return comment.column + match.start() + 1, comment.column + match.end() + 1


def _ends(enabled: str, disabled: str) -> bool:
    """Whether ``enable[enabled]`` ends ``disable[disabled]``: the same word, or a prefix of the code."""
    return disabled.lower() == enabled or (enabled.startswith("pgl") and disabled.lower().startswith(enabled))


def _noqa(comments: Iterable[Comment], layout: Layout) -> Iterator[Directive]:
    for comment in comments:
        match = _NOQA.search(comment.text)
        if match is None:
            continue
        ours = tuple(code for code in re.split(r"[,\s]+", match["codes"].upper()) if code.startswith("PGL"))
        if ours:
            statement = layout.holding(comment.line)
            lines = (statement.first, statement.last) if statement else (comment.line, comment.line)
            yield Directive("noqa", ours, match["reason"].strip(), comment.line, *lines, *_columns(comment, match))


def _split(match: re.Match[str]) -> tuple[str, ...]:
    return tuple(code.strip() for code in (match["codes"] or "").split(",") if code.strip())
