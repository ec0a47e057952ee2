"""Lays a baseline over the results of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pgleak_lint._record import record
from pgleak_lint.findings.baseline import Entry, entry_for, match
from pgleak_lint.pipeline.result import FileResult


@record
class Compared:
    """``results`` with the accepted findings set apart. ``kept`` are the entries that still accept something or of which
    nothing is known, ``fixed`` those whose finding is gone, ``new`` would accept what is left."""

    results: list[FileResult]
    kept: tuple[Entry, ...]
    fixed: tuple[Entry, ...]
    new: tuple[Entry, ...]


def compare(
    results: Sequence[FileResult],
    entries: Sequence[Entry],
    *,
    path_of: Callable[[str], str],
    is_gone: Callable[[str], bool],
    is_judged: Callable[[Entry], bool],
) -> Compared:
    """``path_of`` turns a shown path into that of an entry. ``is_judged`` tells whether this run would have found the
    entry's finding, were it still there."""
    found = [(path_of(result.path), finding) for result in results for finding in result.findings]
    matched = match(found, entries, is_gone=is_gone)
    number = 0
    after = []
    for result in results:
        here = range(number, number + len(result.findings))
        number += len(result.findings)
        known = tuple(finding for at, finding in zip(here, result.findings) if at in matched.accepted)
        new = tuple(finding for at, finding in zip(here, result.findings) if at not in matched.accepted)
        after.append(replace(result, findings=new, baselined=known))
    fixed = tuple(entry for entry in matched.left if is_judged(entry))
    unknown = set(matched.left).difference(fixed)
    return Compared(
        after,
        (*matched.accepted.values(), *unknown),
        fixed,
        tuple(entry_for(finding, path) for at, (path, finding) in enumerate(found) if at not in matched.accepted),
    )
