"""Syntax that is newer than the running Python, without what makes it so, where nothing that matters here is lost."""

from __future__ import annotations

import ast
import re
from typing import cast

from pgleak_lint.source.depth import TOKENS
from pgleak_lint.source.document import parse

_GENERIC = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+[ \t]*(?=\[)", re.MULTILINE)


def as_older(text: str) -> str:
    """The text with blanks in the place of type parameters (PEP 695), as far as each list of them stands on one line and reads
    as one: everything else is where it was."""
    parts: list[str] = []
    last = 0
    for generic in _GENERIC.finditer(text):
        start = generic.end()
        end = _closing(text, start)
        if generic.start() >= last and end is not None and _are_type_parameters(text[start + 1 : end - 1]):
            parts += [text[last:start], " " * (end - start)]
            last = end
    return "".join([*parts, text[last:]])


def _closing(text: str, start: int) -> int | None:
    """Behind the bracket that closes the one at ``start``, on the same line: blanks in the place of a line's end would end it."""
    depth = 0
    for token in TOKENS.finditer(text, start):
        if "\n" in token[0]:
            return None
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if depth == 0:
            return token.end()
    return None


def _are_type_parameters(inner: str) -> bool:
    """Whether they read as type parameters do: as those of a function with fewer freedoms. What this refuses, libcst looks at."""
    try:
        function = cast("ast.FunctionDef", parse(f"def _({inner}): ...").body[0])
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    given = function.args
    many = [argument for argument in (given.vararg, given.kwarg) if argument is not None]
    if given.posonlyargs or (given.kwonlyargs and given.vararg is None):
        return False
    return bool(given.args or given.kwonlyargs or many) and all(argument.annotation is None for argument in many)
