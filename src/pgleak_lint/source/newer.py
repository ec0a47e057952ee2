"""Syntax that is newer than the running Python, without what makes it so, where nothing that matters here is lost."""

from __future__ import annotations

import re

from pgleak_lint.source.depth import TOKENS

_GENERIC = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+[ \t]*(?=\[)", re.MULTILINE)


def as_older(text: str) -> str:
    """The text with blanks in the place of type parameters (PEP 695), as far as each list of them stands on one line: everything
    else is where it was. Only for text that is not absurd (`pgleak_lint.source.depth`)."""
    parts: list[str] = []
    last = 0
    for generic in _GENERIC.finditer(text):
        end = _closing(text, generic.end())
        if generic.start() >= last and "\n" not in text[generic.end() : end]:
            parts += [text[last : generic.end()], " " * (end - generic.end())]
            last = end
    return "".join([*parts, text[last:]])


def _closing(text: str, start: int) -> int:
    """Behind the bracket that closes the one at ``start``; the end of the text if none does."""
    depth = 0
    for token in TOKENS.finditer(text, start):
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if depth == 0:
            return token.end()
    return len(text)
