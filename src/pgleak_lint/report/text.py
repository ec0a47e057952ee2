"""The format for people: a GNU-style first line, the path drawn over the source, what else leaks, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pgleak_lint.findings.finding import Diagnostic, Finding, Severity
from pgleak_lint.report.escape import ascii_only, printable
from pgleak_lint.report.view import View

_COLORS = {"error": "1;31", "warning": "1;33", "note": "1;36", "bold": "1", "dim": "2", "mark": "31"}
_UNCHECKED = ("PGL901", "PGL903", "PGL905")


def render(view: View) -> str:
    """Findings, diagnostics, summary."""
    parts = ["\n".join(_statistics(view))] if view.statistics else list(_entries(view))
    if not view.quiet:
        parts.append("\n".join(_summary(view)))
    text = "\n".join(part for part in parts if part).rstrip("\n")
    if view.plain:
        text = ascii_only(text)
    return f"{text}\n" if text else ""


def _entries(view: View) -> Iterator[str]:
    """Findings and diagnostics in the order path, line, column, code."""
    entries: list[tuple[tuple[str, int, int, str], Finding | Diagnostic]] = []
    for finding in view.findings:
        entries.append(((finding.path, finding.span.line, finding.span.column, finding.code), finding))
    for found in view.diagnostics:
        span = found.span
        entries.append(((found.path, span.line if span else 1, span.column if span else 1, found.code), found))
    for _, entry in sorted(entries, key=lambda pair: pair[0]):
        yield "\n".join(_finding(view, entry) if isinstance(entry, Finding) else _diagnostic(view, entry)) + "\n"


def _paint(view: View, text: str, color: str) -> str:
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if view.color else text


def _head(view: View, path: str, line: int, column: int, severity: str, rule: str, message: str) -> str:
    place = _paint(view, f"{printable(path)}:{line}:{column}", "bold")
    return f"{place}: {_paint(view, severity, severity)}: {_paint(view, rule, 'bold')}: {printable(message)}"


def _finding(view: View, finding: Finding) -> Iterator[str]:
    # here, because most runs find nothing
    from pgleak_lint.report.entries import url
    from pgleak_lint.report.snippet import Canvas, draw, gutter_of

    span = finding.span
    rule = f"{finding.code} {finding.name}"
    yield _head(view, finding.path, span.line, span.column, finding.severity.value, rule, finding.message)
    indent = " " * gutter_of(finding.trace)
    if view.trace and finding.trace:
        for row in draw(finding.trace, finding.path, Canvas(view.lines_of, view.width, view.plain)):
            yield _colored_row(view, row)
    if finding.also:
        yield f"{indent} = also: {printable('; '.join(finding.also))}"
    if finding.help:
        yield f"{indent} = help: {printable(finding.help)}"
    yield f"{indent} = docs: {_link(view, f'pgleak-lint rule {finding.code}', url(finding.name))}"


def _link(view: View, text: str, target: str) -> str:
    return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\" if view.links else text


def _colored_row(view: View, row: str) -> str:
    if not view.color:
        return row
    before, bar, after = row.partition("|")
    marks = after.lstrip()
    if bar and not before.strip() and marks[:1] in ("^", "-"):
        return f"{_paint(view, before + bar, 'dim')}{_paint(view, after, 'mark')}"
    return f"{_paint(view, before + bar, 'dim')}{after}"


def _diagnostic(view: View, found: Diagnostic) -> Iterator[str]:
    line, column = (found.span.line, found.span.column) if found.span else (1, 1)
    yield _head(view, found.path, line, column, found.severity.value, f"{found.code} {found.name}", found.message)


def _summary(view: View) -> Iterator[str]:
    yield from outcome(view)
    if view.suppressed:
        yield f"{_plural(len(view.suppressed), 'finding')} suppressed by comments"
    if view.baselined:
        yield f"{_plural(len(view.baselined), 'finding')} in the baseline"
    if view.files_not_checked:
        codes = Counter(found.code for found in view.diagnostics if found.code in _UNCHECKED)
        why = ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
        yield f"{_plural(view.files_not_checked, 'file')} not checked{f' ({why})' if why else ''}"
    for driver, count in view.unrecognised:
        yield (
            f"note: {driver} is imported in {_plural(count, 'file')}, but no acquire was recognised; "
            f"see pgleak-lint drivers {driver}, or declare wrappers"
        )


def outcome(view: View) -> Iterator[str]:
    """What the run found, in a line."""
    total = view.files_checked + view.files_not_checked
    sites = _plural(view.acquire_sites, "acquire site")
    if view.findings:
        counts = [
            (view.count(severity), severity.value) for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        ]
        told = ", ".join(_plural(count, word) for count, word in counts if count)
        files = len({finding.path for finding in view.findings})
        pools = ", ".join(f"{pool} {count}" for pool, count in _pools(view))
        yield f"{told} in {files} of {_plural(total, 'file')}; {sites}.{f' By pool: {pools}.' if pools else ''}"
    elif total:
        word = "no new leaks" if view.baselined else "no leaks"
        yield f"{word}: {_plural(view.files_checked, 'file')}, {sites} checked"


def _pools(view: View) -> list[tuple[str, int]]:
    """Pools with the number of their findings, falling; a connection of no named pool counts for its driver."""
    resources = [finding.resource for finding in view.findings if finding.resource is not None]
    pools = Counter(f"`{resource.pool}`" if resource.pool else resource.driver for resource in resources)
    return [(printable(pool), count) for pool, count in sorted(pools.items(), key=lambda pair: (-pair[1], pair[0]))]


def _statistics(view: View) -> Iterator[str]:
    rules = Counter((finding.code, finding.name) for finding in view.findings)
    for (code, name), count in sorted(rules.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"{count:>5}  {code}  {name}"
    for pool, count in _pools(view):
        yield f"{count:>5}  {pool}"


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
