"""Which rules and diagnostics are on for a file, and how severe what they say is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pgleak_lint.config.settings import Settings
from pgleak_lint.findings.finding import Diagnostic, Finding, Severity
from pgleak_lint.findings.selection import is_selected, matches, most_specific
from pgleak_lint.rules.diagnostics import BY_CODE

if TYPE_CHECKING:
    from pgleak_lint.rules.base import RuleMeta

T = TypeVar("T", Finding, Diagnostic)

_ALWAYS_TOLD = "PGL903"
"""A fault of ours is never hidden."""


def is_on(meta: RuleMeta, settings: Settings) -> bool:
    """Whether a rule is on. ``per_file_ignores`` count when the task is made, not here."""
    by_default = settings.select is None and (meta.default or settings.preset == "all")
    return _chosen(meta.code, meta.name, settings, by_default=by_default)


def wants_unused(settings: Settings) -> bool:
    """Whether PGL902 is on: under ``strict``, or when selected."""
    meta = BY_CODE["PGL902"]
    by_default = settings.strict or (settings.select is None and settings.preset == "all")
    return _chosen(meta.code, meta.name, settings, by_default=by_default)


def selected_diagnostics(diagnostics: Iterable[Diagnostic], settings: Settings) -> Iterator[Diagnostic]:
    """Those that are not ignored, with the severity that the settings give. No selection leaves any out."""
    for found in diagnostics:
        on = is_selected(found.code, found.name, select=("PGL",), ignore=settings.ignore)
        if found.code == _ALWAYS_TOLD or (on and not _off_here(found.code, found.name, settings)):
            yield with_severity(found, settings)


def with_severity(found: T, settings: Settings) -> T:
    """With the level that the settings give its rule; else, under ``strict``, an error: a leak on an exceptional path
    as well, and each diagnostic."""
    level = most_specific(found.code, found.name, settings.severity)
    if level is not None:
        return replace(found, severity=Severity(level))
    raised = isinstance(found, Diagnostic) or found.severity is Severity.WARNING
    return replace(found, severity=Severity.ERROR) if settings.strict and raised else found


def _chosen(code: str, name: str, settings: Settings, *, by_default: bool) -> bool:
    select = (*(settings.select or ()), *settings.extend_select)
    on = is_selected(code, name, select=select, ignore=settings.ignore, by_default=by_default)
    return on and not _off_here(code, name, settings)


def _off_here(code: str, name: str, settings: Settings) -> bool:
    return any(matches(word, code, name) for word in settings.ignored_here)
