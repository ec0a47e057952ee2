"""One file through all stages: bytes in, findings out. A pure function of its arguments; it never raises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from pgleak_lint._digest import digest_of
from pgleak_lint.config.options import known_rules
from pgleak_lint.config.settings import Settings
from pgleak_lint.findings.finding import Diagnostic, Finding
from pgleak_lint.findings.fingerprint import with_fingerprints
from pgleak_lint.findings.suppression import split_suppressed
from pgleak_lint.findings.unused import Judged, unused, without_reason
from pgleak_lint.pipeline.effort import Effort
from pgleak_lint.pipeline.project import project_of
from pgleak_lint.pipeline.result import FileResult, Trail
from pgleak_lint.pipeline.selected import is_on, selected_diagnostics, wants_unused, with_severity
from pgleak_lint.rules.diagnostics import BY_CODE
from pgleak_lint.rules.plugins import all_rules
from pgleak_lint.source.document import Fault, check_syntax, decode, too_deep
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.facts import Facts
    from pgleak_lint.models.catalog import Catalog
    from pgleak_lint.pipeline.project import Project
    from pgleak_lint.project.store import ModuleSource
    from pgleak_lint.source.directive import Directive


def check_file(
    path: str,
    data: bytes | Fault,
    settings: Settings,
    home: str | None = None,
    effort: Effort = Effort.SYNTAX,
    *,
    traced: bool = False,
) -> FileResult:
    """Check one file. ``path`` is how findings name it; ``data`` its bytes, or why there are none. ``home`` is its absolute
    path, from which its project is found; None for a text that stands alone. ``traced``: with the result's trail."""
    try:
        text = data if isinstance(data, Fault) else decode(data)
        if isinstance(data, Fault) or isinstance(text, Fault):
            return unchecked(path, data if isinstance(data, Fault) else cast("Fault", text), settings)
        result, consulted = _check(path, data, text, settings, home, effort)
        if not traced or consulted is None:
            return result
        imports = project_of(settings).relevance.imported_by(data, home)
        return replace(result, trail=Trail(digest_of(data), imports, tuple(sorted(consulted))))
    except Exception as error:
        import traceback

        kind = type(error).__name__
        message = f"internal error in analysis ({kind}); not fully checked; please report with --debug"
        found = (diagnostic("PGL903", message, path),)
        return FileResult(path, diagnostics=found, checked=False, fault=traceback.format_exc())


def _check(
    path: str, data: bytes, text: str, settings: Settings, home: str | None, effort: Effort
) -> tuple[FileResult, Set[str] | None]:
    """The result, and the homes that it took; None where it may be another one next time."""
    project = project_of(settings)
    if effort is not Effort.ALL and not project.can_matter(data, home):
        fault = check_syntax(text) if effort is Effort.SYNTAX else None
        if fault is not None:
            return unchecked(path, fault, settings), frozenset()
        drivers = project.relevance.imported_drivers(data, home)
        return _judge(path, text, Applied(ran=None), settings, drivers), frozenset()
    source = project.read(home, path, text, whole=effort is not Effort.NEEDED)
    if not isinstance(source, Fault) and project.is_broken(source):
        source = project.read(home, path, text)
    if isinstance(source, Fault):
        return unchecked(path, source, settings), frozenset()
    facts = _analyse(source, project if home is not None else None, project.catalog, settings, effort)
    applied = _apply_rules(path, facts, settings)
    result = _judge(path, text, applied, settings, project.relevance.imported_drivers(data, home), len(facts.sites))
    if not result.checked:  # a rule failed: ask it again
        return result, None
    if source.deep:  # the functions that are not have been checked
        deep = unchecked(path, too_deep(), settings)
        result = replace(result, checked=False, diagnostics=(*deep.diagnostics, *result.diagnostics))
    return result, facts.consulted


def _analyse(
    source: ModuleSource, project: Project | None, catalog: Catalog, settings: Settings, effort: Effort
) -> Facts:
    # here, because most runs come without it and its import takes longer than they do
    from pgleak_lint.analysis.module import analyse
    from pgleak_lint.analysis.options import AnalysisOptions

    options = AnalysisOptions(
        evidence=settings.evidence,
        safe_calls=settings.safe_calls,
        strict=settings.strict,
        trusts_names=effort is not Effort.ALL,
    )
    return analyse(source, catalog, options, project)


@dataclass(slots=True)
class Applied:
    """What the rules said; ``ran`` are the codes of those that came to their end, None for all that are on."""

    findings: list[Finding] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    ran: list[str] | None = field(default_factory=list)


def _rules_on(settings: Settings) -> list[str]:
    return [rule.META.code for rule in all_rules() if is_on(rule.META, settings)]


def _apply_rules(path: str, facts: Facts, settings: Settings) -> Applied:
    ran: list[str] = []
    applied = Applied(ran=ran)
    for bound in facts.bounds:
        span = bound.span._replace(end_line=bound.span.line)
        applied.diagnostics.append(diagnostic("PGL904", bound.message, path, span))
    for rule in all_rules():
        code = rule.META.code
        if not is_on(rule.META, settings):
            continue
        try:
            applied.findings.extend([with_severity(finding, settings) for finding in rule.check(facts)])
            ran.append(code)
        except Exception as error:
            import traceback

            message = (
                f"internal error in {code} ({type(error).__name__}); not fully checked; please report with --debug"
            )
            applied.diagnostics.append(diagnostic("PGL903", message, path))
            applied.faults.append(traceback.format_exc())
    return applied


def _judge(
    path: str, text: str, applied: Applied, settings: Settings, drivers: tuple[str, ...], sites: int = 0
) -> FileResult:
    """What is left of the findings after the suppression comments, and what is to be said of those."""
    findings = with_fingerprints(sorted(applied.findings, key=lambda finding: (finding.span, finding.code)))
    directives: Sequence[Directive] = ()
    if settings.suppressions and (findings or settings.require_reason or wants_unused(settings)):
        from pgleak_lint.source.directives import find_directives

        directives = find_directives(text)
    kept, silenced = split_suppressed(findings, directives, require_reason=settings.require_reason)
    told = [
        diagnostic("PGL902", message, path, span) for span, message in _about(directives, findings, applied, settings)
    ]
    diagnostics = selected_diagnostics([*applied.diagnostics, *told], settings)
    return FileResult(
        path,
        kept,
        silenced,
        diagnostics=tuple(diagnostics),
        sites=sites,
        drivers=drivers,
        checked=not applied.faults,
        fault="\n".join(applied.faults) or None,
    )


def _about(
    directives: Sequence[Directive], findings: Sequence[Finding], applied: Applied, settings: Settings
) -> Iterator[tuple[Span, str]]:
    counted = directives
    if settings.require_reason:
        yield from without_reason(directives)
        counted = [directive for directive in directives if directive.reason or not directive.codes]
    if directives and wants_unused(settings):
        # comments cannot silence diagnostics, so those count as run
        run = {*(_rules_on(settings) if applied.ran is None else applied.ran), *BY_CODE}
        yield from unused(counted, findings, Judged(known_rules(), run))


def unchecked(path: str, fault: Fault, settings: Settings) -> FileResult:
    """The result for a file whose text never reached the analysis."""
    span = Span(fault.line, max(fault.column, 1), fault.line, max(fault.column, 1) + 1) if fault.line else None
    found = tuple(selected_diagnostics([diagnostic(fault.code, fault.message, path, span)], settings))
    return FileResult(path, diagnostics=found, checked=False)


def diagnostic(code: str, message: str, path: str, span: Span | None = None) -> Diagnostic:
    """A 9xx diagnostic with its name and severity."""
    meta = BY_CODE[code]
    return Diagnostic(code, meta.name, meta.severity, message, path, span)
