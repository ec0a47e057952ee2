"""Markdown for the summary page of a CI job: counts, a table, and the paths to unfold."""

from __future__ import annotations

from collections.abc import Iterator

from pgleak_lint.report.entries import START, Entry, diagnostics, entries, marks, path_as_text, shown_path
from pgleak_lint.report.escape import printable
from pgleak_lint.report.text import outcome
from pgleak_lint.report.view import View


def render(view: View) -> str:
    """The whole run."""
    shown = entries(view)
    blocks = ["## pgleak-lint", *map(_text, outcome(view))]
    if shown:
        rows = [_row(view, entry) for entry in shown]
        blocks.append("\n".join(["| severity | rule | where | finding |", "|---|---|---|---|", *rows]))
        blocks += ["\n".join(_details(view, entry)) for entry in shown]
    found = diagnostics(view)
    if found:
        blocks.append("### Not fully checked")
        blocks.append(
            "\n".join(
                f"- {_code(shown_path(view, one.path))} line {(one.span or START).line}: {one.code} {_text(one.message)}"
                for one in found
            )
        )
    return "\n\n".join(blocks) + "\n"


def _row(view: View, entry: Entry) -> str:
    finding = entry.finding
    where = _code(f"{shown_path(view, finding.path)}:{finding.span.line}")
    rule = f"{finding.code} {finding.name}"
    return f"| {finding.severity.value} | {rule} | {where} | {_text(finding.message + marks(entry))} |"


def _details(view: View, entry: Entry) -> Iterator[str]:
    finding = entry.finding
    where = f"{shown_path(view, finding.path)}:{finding.span.line}"
    yield f"<details><summary><b>{finding.code}</b> <code>{_plain(where)}</code></summary>"
    yield ""
    for row in path_as_text(view, finding):
        yield f"{_text(row)}<br>"
    yield ""
    yield "</details>"


def _text(text: str) -> str:
    """Our own words, with their `code` kept as code, and nothing else that Markdown or HTML would read."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        return _plain("`".join(parts))
    return "".join(_plain(part) if number % 2 == 0 else _code(part) for number, part in enumerate(parts))


def _code(text: str) -> str:
    return f"<code>{_plain(text)}</code>"


_ACTIVE = {ord(char): f"&#{ord(char)};" for char in "\\`*_{}[]()#+!|~<>@:&'\""}


def _plain(text: str) -> str:
    """Characters that mean something to Markdown, HTML or GitHub (``@name``) as entities."""
    return printable(text).translate(_ACTIVE)
