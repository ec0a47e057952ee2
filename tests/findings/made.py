"""Findings made by hand."""

from __future__ import annotations

from pgleak_lint.findings.finding import Finding, ResourceInfo, Severity, Step, StepKind
from pgleak_lint.source.span import Span

POOLED = ResourceInfo("pooled-connection", "asyncpg", "conn", "app.db.pool")


def finding(
    line: int = 5,
    *,
    code: str = "PGL102",
    name: str = "leak-on-path",
    severity: Severity = Severity.ERROR,
    message: str = "connection from `pool` is not released when `row is None`",
    path: str = "app/users.py",
    span: Span | None = None,
    function: str = "user_name",
    resource: ResourceInfo | None = POOLED,
    trace: tuple[Step, ...] = (),
    also: tuple[str, ...] = (),
    help: str = "`async with pool.acquire() as conn:` releases on every path",  # noqa: A002
    expression: str = "pool.acquire()",
) -> Finding:
    """A finding of which only what matters to the test is told."""
    return Finding(
        code=code,
        name=name,
        severity=severity,
        evidence="proven",
        message=message,
        path=path,
        span=span or Span(line, 18, line, 32),
        function=function,
        resource=resource,
        exits=("return", "exception"),
        trace=trace,
        also=also,
        help=help,
        cwe=772,
        expression=expression,
    )


def step(
    line: int,
    column: int,
    end: int,
    message: str,
    *,
    kind: StepKind = StepKind.CALL,
    path: str = "app/users.py",
    end_line: int = 0,
) -> Step:
    """A step on one line, if not told otherwise."""
    return Step(kind, message, path, Span(line, column, end_line or line, end))
