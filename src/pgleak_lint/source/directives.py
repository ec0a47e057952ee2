"""Suppression comments: what they say and which lines they cover."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_PGLEAK = re.compile(r"#\s*pgleak:\s*(?P<verb>ignore|disable|enable|file-ignore)\[(?P<codes>[^\]]*)\]\s*(?P<reason>.*)")
_NOQA = re.compile(r"#\s*noqa\s*:\s*(?P<codes>[A-Z][A-Z0-9]*(?:[,\s]+[A-Z][A-Z0-9]*)*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Directive:
    """``kind`` is ``line``, ``block``, ``file`` or ``noqa``. ``codes`` are codes, prefixes or names as written; the directive
    silences them on the lines ``first`` to ``last`` (from 1, inclusive). ``line`` is where the comment stands."""

    kind: str
    codes: tuple[str, ...]
    reason: str
    line: int
    first: int
    last: int


def find_directives(text: str) -> tuple[Directive, ...]:
    """All suppression comments of a file; words in strings are none."""
    if "pgleak:" not in text and "noqa" not in text.lower():
        return ()
    comments = list(_comments(text))
    if not comments:
        return ()
    statements = _statement_ranges(text)
    end = text.count("\n") + 1
    found: list[Directive] = []
    enables = [(line, _split(match["codes"])) for line, _, match in comments if match and match["verb"] == "enable"]
    for line, alone, match in comments:
        if match is None or match["verb"] == "enable":
            continue
        codes, reason = _split(match["codes"]), match["reason"].strip()
        if match["verb"] == "file-ignore":
            found.append(Directive("file", codes, reason, line, 1, end))
        elif match["verb"] == "disable":
            stop = next((at for at, what in enables if at > line and set(what) & set(codes)), None)
            found.append(Directive("block", codes, reason, line, line, stop or _block_end(text, line, end)))
        else:
            first, last = _covered(statements, line + 1 if alone else line, following=alone)
            found.append(Directive("line", codes, reason, line, first, last))
    for line, codes in _noqa(text):
        first, last = _covered(statements, line, following=False)
        found.append(Directive("noqa", codes, "", line, first, last))
    return tuple(found)


def _comments(text: str) -> Iterator[tuple[int, bool, re.Match[str] | None]]:
    for line, column, comment, source in _tokens(text):
        match = _PGLEAK.search(comment)
        if match:
            yield line, not source[:column].strip(), match
        elif "noqa" in comment.lower():
            yield line, False, None


def _noqa(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    for line, _, comment, _ in _tokens(text):
        match = _NOQA.search(comment)
        if match:
            yield (
                line,
                tuple(code for code in _split(match["codes"].replace(" ", ",")) if code.upper().startswith("PGL")),
            )


def _tokens(text: str) -> Iterator[tuple[int, int, str, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1], token.string, token.line
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return


def _split(codes: str) -> tuple[str, ...]:
    return tuple(code.strip() for code in codes.split(",") if code.strip())


def _statement_ranges(text: str) -> list[tuple[int, int]]:
    """First and last line of each simple statement and of each compound statement's header."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    ranges = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = node.end_lineno or node.lineno
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                last = max(node.lineno, body[0].lineno - 1)
            ranges.append((node.lineno, last))
    return sorted(ranges)


def _covered(statements: list[tuple[int, int]], line: int, *, following: bool) -> tuple[int, int]:
    """The lines of the statement that holds ``line``, or of the first one that begins there or after it."""
    if following:
        return next(((first, last) for first, last in statements if first >= line), (line, line))
    holding = [(first, last) for first, last in statements if first <= line <= last]
    return min(holding, key=lambda pair: pair[1] - pair[0], default=(line, line))


def _block_end(text: str, line: int, end: int) -> int:
    """The last line of the block that a comment on ``line`` stands in."""
    lines = text.split("\n")
    indent = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    for number in range(line, len(lines)):
        stripped = lines[number].strip()
        if stripped and not stripped.startswith("#") and len(lines[number]) - len(lines[number].lstrip()) < indent:
            return number
    return end
