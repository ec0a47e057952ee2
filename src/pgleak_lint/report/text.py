"""The format for people: a GNU-style first line, the path drawn over the source, what else leaks, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pgleak_lint.findings.finding import Diagnostic, Finding, Severity
from pgleak_lint.report.escape import printable
from pgleak_lint.report.snippet import draw
from pgleak_lint.report.view import View

_COLORS = {"error": "1;31", "warning": "1;33", "note": "1;36", "bold": "1", "dim": "2", "mark": "31"}


def render(view: View) -> str:
    """Findings, diagnostics, summary."""
    parts: list[str] = []
    if view.statistics:
        parts.extend(_statistics(view))
    else:
        entries: list[tuple[tuple[str, int, int, str], Finding | Diagnostic]] = []
        for finding in view.findings:
            entries.append(((finding.path, finding.span.line, finding.span.column, finding.code), finding))
        for found in view.diagnostics:
            span = found.span
            entries.append(((found.path, span.line if span else 1, span.column if span else 1, found.code), found))
        for _, entry in sorted(entries, key=lambda pair: pair[0]):
            block = _finding(view, entry) if isinstance(entry, Finding) else _diagnostic(view, entry)
            parts.append("\n".join(block) + "\n")
    if not view.quiet:
        parts.append("\n".join(_summary(view)))
    return "\n".join(parts).rstrip("\n") + "\n" if parts else ""


def _paint(view: View, text: str, color: str) -> str:
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if view.color else text


def _finding(view: View, finding: Finding) -> Iterator[str]:
    span, severity = finding.span, finding.severity.value
    place = f"{printable(finding.path)}:{span.line}:{span.column}"
    head = f"{finding.code} {finding.name}"
    yield f"{_paint(view, place, 'bold')}: {_paint(view, severity, severity)}: {_paint(view, head, 'bold')}: {printable(finding.message)}"
    gutter = 3
    if view.trace and finding.trace:
        for row in draw(finding.trace, view.lines_of, lambda path: path):
            yield _colored_row(view, row)
        gutter = max(len(str(step.span.line)) for step in finding.trace) + 1
    indent = " " * gutter
    if finding.also:
        yield f"{indent} = also: {printable('; '.join(finding.also))}"
    yield f"{indent} = help: {printable(finding.help)}"
    yield f"{indent} = docs: pgleak-lint rule {finding.code}"


def _colored_row(view: View, row: str) -> str:
    if not view.color:
        return row
    before, bar, after = row.partition("|")
    marks = after.lstrip()
    if bar and not before.strip() and marks[:1] in ("^", "-"):
        return f"{_paint(view, before + bar, 'dim')}{_paint(view, after, 'mark')}"
    return f"{_paint(view, before + bar, 'dim')}{after}"


def _diagnostic(view: View, found: Diagnostic) -> Iterator[str]:
    span, severity = found.span, found.severity.value
    place = f"{printable(found.path)}:{span.line}:{span.column}" if span else f"{printable(found.path)}:1:1"
    yield f"{_paint(view, place, 'bold')}: {_paint(view, severity, severity)}: {found.code} {found.name}: {printable(found.message)}"


def _summary(view: View) -> Iterator[str]:
    total = view.files_checked + view.files_not_checked
    sites = _plural(view.acquire_sites, "acquire site")
    if view.findings:
        counts = [
            (view.count(severity), severity.value) for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        ]
        told = ", ".join(_plural(count, word) for count, word in counts if count)
        files = len({finding.path for finding in view.findings})
        yield f"{told} in {files} of {_plural(total, 'file')}; {sites}.{_by_pool(view)}"
    elif total:
        yield f"no leaks: {_plural(view.files_checked, 'file')}, {sites} checked"
    if view.suppressed:
        yield f"{_plural(len(view.suppressed), 'finding')} suppressed by comments"
    if view.files_not_checked:
        codes = Counter(found.code for found in view.diagnostics if found.code in ("PGL901", "PGL903", "PGL905"))
        why = ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
        yield f"{_plural(view.files_not_checked, 'file')} not checked ({why})"
    for driver, count in view.unrecognised:
        yield (
            f"note: {driver} is imported in {_plural(count, 'file')}, but no acquire was recognised; "
            f"see pgleak-lint drivers {driver}, or declare wrappers"
        )


def _by_pool(view: View) -> str:
    pools = Counter(f.resource.pool or f.resource.driver for f in view.findings if f.resource is not None)
    if not pools:
        return ""
    told = ", ".join(
        f"`{printable(pool)}` {count}" for pool, count in sorted(pools.items(), key=lambda pair: (-pair[1], pair[0]))
    )
    return f" By pool: {told}."


def _statistics(view: View) -> Iterator[str]:
    rules = Counter((finding.code, finding.name) for finding in view.findings)
    for (code, name), count in sorted(rules.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"{count:>5}  {code}  {name}"
    pools = Counter(f.resource.pool or f.resource.driver for f in view.findings if f.resource is not None)
    for pool, count in sorted(pools.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"{count:>5}  {printable(pool)}"


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
