"""One file through all stages: bytes in, findings out. A pure function of its arguments; it never raises."""

from __future__ import annotations

import traceback

from pgleak_lint.analysis.facts import Facts
from pgleak_lint.analysis.module import analyse_module
from pgleak_lint.analysis.options import AnalysisOptions
from pgleak_lint.cfg.lower import lower_module
from pgleak_lint.config.settings import Settings
from pgleak_lint.findings.finding import Diagnostic, Finding
from pgleak_lint.findings.fingerprint import with_fingerprints
from pgleak_lint.findings.suppression import split_suppressed
from pgleak_lint.models.loader import load_catalog
from pgleak_lint.pipeline.relevance import can_matter
from pgleak_lint.pipeline.result import FileResult
from pgleak_lint.pipeline.selected import is_on, selected_diagnostics, with_severity
from pgleak_lint.rules.diagnostics import BY_CODE
from pgleak_lint.rules.plugins import all_rules
from pgleak_lint.source.directives import find_directives
from pgleak_lint.source.document import Fault, check_syntax, decode, parse_tree, split_lines
from pgleak_lint.source.span import Span


def check_file(path: str, data: bytes | Fault, settings: Settings) -> FileResult:
    """Check one file. ``path`` is how findings name it; ``data`` its bytes, or why there are none."""
    try:
        return _check(path, data, settings)
    except Exception as error:
        kind = type(error).__name__
        message = f"internal error in analysis ({kind}); not fully checked; please report with --debug"
        found = (diagnostic("PGL903", message, path),)
        return FileResult(path, diagnostics=found, checked=False, fault=traceback.format_exc())


def _check(path: str, data: bytes | Fault, settings: Settings) -> FileResult:
    text = data if isinstance(data, Fault) else decode(data)
    if isinstance(text, Fault):
        return unchecked(path, text, settings)
    fault = check_syntax(text)
    if fault is not None:
        return unchecked(path, fault, settings)
    if isinstance(data, Fault) or not can_matter(data):
        return FileResult(path)
    tree = parse_tree(text)
    if isinstance(tree, Fault):
        return unchecked(path, tree, settings)
    options = AnalysisOptions(evidence=settings.evidence, safe_calls=settings.safe_calls, strict=settings.strict)
    facts = analyse_module(lower_module(tree), split_lines(text), path, load_catalog(), options)
    return _apply_rules(path, text, facts, settings)


def _apply_rules(path: str, text: str, facts: Facts, settings: Settings) -> FileResult:
    findings: list[Finding] = []
    diagnostics = [
        diagnostic("PGL904", bound.message, path, bound.span._replace(end_line=bound.span.line))
        for bound in facts.bounds
    ]
    faults: list[str] = []
    for rule in all_rules():
        if not is_on(rule.META, settings):
            continue
        try:
            findings.extend([with_severity(finding, settings) for finding in rule.check(facts)])
        except Exception as error:
            message = f"internal error in {rule.META.code} ({type(error).__name__})"
            diagnostics.append(diagnostic("PGL903", f"{message}; not fully checked; please report with --debug", path))
            faults.append(traceback.format_exc())
    findings.sort(key=lambda finding: (finding.span, finding.code))
    ordered = with_fingerprints(findings)
    kept, silenced = split_suppressed(ordered, find_directives(text) if settings.suppressions else ())
    return FileResult(
        path,
        kept,
        silenced,
        tuple(selected_diagnostics(diagnostics, settings)),
        sites=len(facts.sites),
        drivers=facts.drivers,
        checked=not faults,
        fault="\n".join(faults) or None,
    )


def unchecked(path: str, fault: Fault, settings: Settings) -> FileResult:
    """The result for a file whose text never reached the analysis."""
    span = Span(fault.line, max(fault.column, 1), fault.line, max(fault.column, 1) + 1) if fault.line else None
    found = tuple(selected_diagnostics([diagnostic(fault.code, fault.message, path, span)], settings))
    return FileResult(path, diagnostics=found, checked=False)


def diagnostic(code: str, message: str, path: str, span: Span | None = None) -> Diagnostic:
    """A 9xx diagnostic with its name and severity."""
    meta = BY_CODE[code]
    return Diagnostic(code, meta.name, meta.severity, message, path, span)
