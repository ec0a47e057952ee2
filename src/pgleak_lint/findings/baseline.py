"""Accepted findings: the entries of a baseline, their file as text, and which findings they accept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, fields, replace

from pgleak_lint._record import record
from pgleak_lint.findings.finding import Finding

VERSION = 1


class BaselineError(Exception):
    """A text that is no baseline: what stands behind the name of its file."""


@record
class Entry:
    """One accepted finding. Line and column are left out: they change with every edit above."""

    fingerprint: str
    code: str
    path: str
    function: str
    expression: str
    reason: str = ""


_FIELDS = tuple(field.name for field in fields(Entry))


@record
class Matched:
    """``accepted`` has the entry, with its path of today, for each finding that one accepts, by the finding's place in the
    sequence; ``left`` are the entries that accept none."""

    accepted: dict[int, Entry]
    left: tuple[Entry, ...]


def entry_for(finding: Finding, path: str, reason: str = "") -> Entry:
    """The entry that accepts a finding."""
    expression = " ".join(finding.expression.split())
    return Entry(finding.fingerprint, finding.code, path, finding.function, expression, reason)


def match(
    findings: Sequence[tuple[str, Finding]], entries: Sequence[Entry], *, is_gone: Callable[[str], bool]
) -> Matched:
    """Each entry accepts one finding (given with its path): in the same path, else, if that is gone, in one that no entry
    speaks of: the file has moved."""
    accepted: dict[int, Entry] = {}
    waiting: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        waiting.setdefault((entry.path, entry.fingerprint), []).append(entry)
    for number, (path, finding) in enumerate(findings):
        if same := waiting.get((path, finding.fingerprint)):
            accepted[number] = same.pop(0)
    left = dict.fromkeys(entry for same in waiting.values() for entry in same)
    known = {entry.path for entry in entries}
    gone = {path for path in {entry.path for entry in left} if is_gone(path)}
    moved: dict[str, list[Entry]] = {}
    for entry in left:
        if entry.path in gone:
            moved.setdefault(entry.fingerprint, []).append(entry)
    for number, (path, finding) in enumerate(findings):
        candidates = moved.get(finding.fingerprint)
        if number not in accepted and path not in known and candidates:
            best = min(candidates, key=lambda entry: (_name(entry.path) != _name(path), entry.path))
            candidates.remove(best)
            del left[best]
            accepted[number] = replace(best, path=path)
    return Matched(accepted, tuple(left))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def render(entries: Iterable[Entry]) -> str:
    """The text of a baseline: sorted, one entry a line, so that two branches that accept different things merge."""
    ordered = sorted(entries, key=lambda entry: (entry.path, entry.function, entry.code, astuple(entry)))
    rows = [json.dumps(dict(zip(_FIELDS, astuple(entry))), ensure_ascii=False) for entry in ordered]
    body = "".join(f"\n{row}," for row in rows).rstrip(",")
    text = f'{{"version": {VERSION}, "findings": [{body}\n]}}\n'
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def parse(text: str) -> tuple[Entry, ...]:
    """The entries of a baseline. Raises `BaselineError`."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise BaselineError(f":{error.lineno}:{error.colno}: not valid JSON") from None
    except RecursionError:
        raise BaselineError(": nested too deeply") from None
    if not isinstance(data, dict) or not isinstance(data.get("findings"), list):
        raise BaselineError(": not a baseline: no list of findings")
    if data.get("version") != VERSION:
        raise BaselineError(f": version {data.get('version')}, but this pgleak-lint reads version {VERSION}")
    return tuple(_entry(number, row) for number, row in enumerate(data["findings"], 1))


def _entry(number: int, row: object) -> Entry:
    values = [row.get(name, "" if name == "reason" else None) for name in _FIELDS] if isinstance(row, dict) else []
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(_FIELDS):
        raise BaselineError(f": not a baseline: entry {number} lacks {_lacking(row)}")
    return Entry(*texts)


def _lacking(row: object) -> str:
    known = row if isinstance(row, dict) else {}
    return (
        ", ".join(name for name in _FIELDS if name != "reason" and not isinstance(known.get(name), str)) or "a reason"
    )
