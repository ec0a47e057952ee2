"""Writes suppression comments into source text, and touches nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pgleak_lint.source.directives import PGLEAK, Comment, Layout, scan

_ENDS = re.compile(r"(\r\n|\r|\n)")


def add_ignores(text: str, wanted: Iterable[tuple[int, str]], reason: str = "") -> tuple[str, int]:
    """The text with a comment for each (line, code), and for how many of them there was no place.

    The comment goes to the end of the statement that has the line: anywhere earlier it may be in the midst of a string. A
    ``pgleak: ignore`` that stands there gets the code as well and keeps its reason.
    """
    comments, statements = scan(_ENDS.sub("\n", text))
    layout = Layout(statements, 0)
    codes: dict[int, list[str]] = {}
    homeless = 0
    for line, code in sorted(wanted):
        statement = layout.holding(line)
        if statement is None:
            homeless += 1
        elif code not in codes.setdefault(statement.last, []):
            codes[statement.last].append(code)
    by_line = {comment.line: comment for comment in comments}
    parts = _ENDS.split(text)  # line, end, line, end, …
    for line, words in codes.items():
        at = 2 * (line - 1)
        parts[at] = _with_comment(parts[at], by_line.get(line), words, reason)
    return "".join(parts), homeless


def _with_comment(line: str, comment: Comment | None, codes: list[str], reason: str) -> str:
    for match in PGLEAK.finditer(comment.text) if comment else ():
        if comment is not None and match["verb"] == "ignore":
            return line[: comment.column] + _extended(comment.text, match, codes, reason)
    code = line.rstrip(" \t")
    gap = line[len(code) :]
    return f"{code}{gap if len(gap) > 1 else '  '}# pgleak: ignore[{', '.join(codes)}]{reason and f' {reason}'}"


def _extended(text: str, match: re.Match[str], codes: list[str], reason: str) -> str:
    told = match["codes"]
    if told is None:
        head, tail = f"{text[: match.end('verb')]}[{', '.join(codes)}]", text[match.end("verb") :]
    else:
        old = [word.strip() for word in told.split(",") if word.strip()]
        new = [code for code in codes if code not in old]
        end = match.end("codes")
        head, tail = f"{text[: match.start('codes')]}{', '.join([*old, *new])}]", text[end + 1 :]
    return f"{head} {reason}{tail}" if reason and not match["reason"] else head + tail
