"""Names of variables that lowering invents."""

from __future__ import annotations

from pgleak_lint.source.span import Span


def comprehension_variable(name: str, target: Span) -> str:
    """The variable of a comprehension's own ``name``; ``target`` is where the whole target stands."""
    return f"{name}@{target.line}:{target.column}"


def is_of_graph(variable: str) -> bool:
    """Whether a pseudo-variable belongs to a unit's graph, not to its outline."""
    return variable[0] == "$" and variable != "$return" and "-" not in variable
