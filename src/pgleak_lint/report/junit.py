"""JUnit's XML, as CI servers read it: a suite a file, a failed case a finding, an error a file that was not checked."""

from __future__ import annotations

from collections.abc import Iterator

from pgleak_lint.report.entries import START, Entry, diagnostics, entries, marks, path_as_text, shown_path
from pgleak_lint.report.view import View
from pgleak_lint.report.xml import HEAD, open_tag, text


def render(view: View) -> str:
    """One passing case where there is nothing to tell, since a report without cases is taken for a failed run."""
    suites: dict[str, list[str]] = {}
    counts: dict[str, list[int]] = {}
    for entry in entries(view):
        path = shown_path(view, entry.finding.path)
        suites.setdefault(path, []).extend(_case(view, entry, path))
        counts.setdefault(path, [0, 0, 0])[0 if entry.counts else 2] += 1
    for found in diagnostics(view):
        path, span = shown_path(view, found.path), found.span or START
        name = {"name": f"{found.code} {span.line}:{span.column}", "classname": _module(path)}
        error = open_tag("error", {"type": found.name, "message": found.message}, closed=True)
        suites.setdefault(path, []).extend([f"    {open_tag('testcase', name)}", f"      {error}", "    </testcase>"])
        counts.setdefault(path, [0, 0, 0])[1] += 1
    if not suites:
        case = open_tag("testcase", {"name": "no leaks", "classname": "pgleak-lint"}, closed=True)
        suites, counts = {"pgleak-lint": [f"    {case}"]}, {"pgleak-lint": [0, 0, 0]}
    total = [sum(count[i] for count in counts.values()) for i in range(3)]
    tests = sum(max(1, sum(count)) for count in counts.values())
    head = {"name": "pgleak-lint", "tests": tests, "failures": total[0], "errors": total[1], "skipped": total[2]}
    lines = [HEAD.rstrip(), open_tag("testsuites", head)]
    for path, cases in suites.items():
        failures, errors, skipped = counts[path]
        own = {"tests": max(1, sum(counts[path])), "failures": failures, "errors": errors, "skipped": skipped}
        lines += [f"  {open_tag('testsuite', {'name': path, **own})}", *cases, "  </testsuite>"]
    return "\n".join([*lines, "</testsuites>", ""])


def _case(view: View, entry: Entry, path: str) -> Iterator[str]:
    finding = entry.finding
    span = finding.span
    name = {"name": f"{finding.code} {span.line}:{span.column}", "classname": _module(path)}
    yield f"    {open_tag('testcase', {**name, 'file': path, 'line': span.line})}"
    if not entry.counts:
        message = (finding.message + marks(entry)).strip()
        yield f"      {open_tag('skipped', {'message': message}, closed=True)}"
    else:
        told = {"type": finding.name, "message": finding.message}
        place = f"{path}:{span.line}:{span.column}: {finding.severity.value}: {finding.code}"
        body = text("\n".join([place, *path_as_text(view, finding)]))
        yield f"      {open_tag('failure', told)}{body}</failure>"
    yield "    </testcase>"


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").strip("/").replace("/", ".") or path
