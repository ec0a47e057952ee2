"""Keeps the findings that changes concern: their acquire, or any function on their path, is not what it was."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from pgleak_lint.findings.finding import Finding
from pgleak_lint.pipeline.result import FileResult
from pgleak_lint.source.changes import Changes, Lines
from pgleak_lint.source.document import decode, read_file
from pgleak_lint.source.span import Span

_WHOLE_FILE = (1, 1 << 30)


def only_concerned(results: Sequence[FileResult], changes: Changes) -> list[FileResult]:
    """The results with all other findings set aside."""
    scope = _Scope(changes)
    after = []
    for result in results:
        kept = tuple(finding for finding in result.findings if scope.has(finding))
        others = tuple(finding for finding in result.findings if finding not in kept)
        after.append(replace(result, findings=kept, set_aside=others))
    return after


class _Scope:
    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._functions = lru_cache(maxsize=256)(_functions)

    def has(self, finding: Finding) -> bool:
        places = [(finding.path, finding.span), *((step.path, step.span) for step in finding.trace)]
        return any(self._changes.concern(path, self._around(path, span)) for path, span in dict.fromkeys(places))

    def _around(self, path: str, span: Span) -> Lines:
        """The lines of the innermost function with the span; of the span alone, if there is none."""
        holding = [lines for lines in self._functions(path) if lines[0] <= span.line <= lines[1]]
        return max(holding, default=(span.line, span.end_line))


def _functions(path: str) -> list[Lines]:
    """The lines of each function of a file, decorators included; the whole file, if this Python can't read it."""
    data = read_file(path)
    text = decode(data) if isinstance(data, bytes) else None
    if not isinstance(text, str):
        return [_WHOLE_FILE]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [_WHOLE_FILE]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.append((first, node.end_lineno or node.lineno))
    return found
