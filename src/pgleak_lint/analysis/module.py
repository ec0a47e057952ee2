"""The analysis of one module: code units in, facts out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.calls import Acquired
from pgleak_lint.analysis.explore import UnitExplorer
from pgleak_lint.analysis.facts import BoundReached, Facts, Fault, Leak, Misuse, Site
from pgleak_lint.analysis.options import AnalysisOptions
from pgleak_lint.analysis.program import Modules, Program, ProgramModule
from pgleak_lint.analysis.sites import describe_site
from pgleak_lint.analysis.verdict import Verdict
from pgleak_lint.cfg.graph import CodeModule, CodeUnit, UnitKind
from pgleak_lint.findings.finding import Step, StepKind
from pgleak_lint.models.catalog import Catalog
from pgleak_lint.project.store import ModuleSource
from pgleak_lint.source.span import Span


def analyse_module(
    module: CodeModule, lines: Sequence[str], path: str, catalog: Catalog, options: AnalysisOptions
) -> Facts:
    """Every acquire site of a module that stands alone. ``lines`` are the source lines without their ends, ``path`` is the
    file as findings show it. A pure function of its arguments."""
    return analyse(ModuleSource(path, "", path, module, "\n".join(lines)), catalog, options, None)


def analyse(source: ModuleSource, catalog: Catalog, options: AnalysisOptions, modules: Modules | None) -> Facts:
    """Every acquire site of a module with what becomes of it. ``modules`` are the others of its project, which are looked
    into where a name leads there. The same modules give the same facts, whatever was analysed before."""
    program = Program(catalog, options, modules)
    try:
        return _facts(program.enter(source), source.module, catalog, options)
    finally:
        program.leave()


def _facts(this: ProgramModule, module: CodeModule, catalog: Catalog, options: AnalysisOptions) -> Facts:
    index, provenance, explorer, source = this.index, this.provenance, this.explorer, this.text
    sites: list[Site] = []
    leaks: list[Leak] = []
    misuses: list[Misuse] = []
    bounds: list[BoundReached] = []
    for unit in module.units:
        if not explorer.has_sites(unit.index):
            continue
        unit_explorer = explorer.unit(unit.index)
        if unit_explorer is None:
            too_large = index.lowered(unit.index).unit.too_large
            if too_large is not None:
                bounds.append(BoundReached(unit.qualname, unit.span, too_large))
            continue
        bounded = False
        for span, acquired in _sites(unit_explorer):
            exploration = unit_explorer.site(span, acquired)
            site = describe_site(
                provenance, unit_explorer.context.index, unit_explorer.context.calls.acquire_at[span], acquired, source
            )
            verdict = Verdict(exploration, site, source)
            sites.append(site)
            leak = verdict.leak()
            if leak is not None:
                leaks.append(leak)
            misuses.extend(verdict.misuses())
            bounded = bounded or exploration.is_bounded or unit_explorer.approach.is_bounded
        if bounded:
            bounds.append(BoundReached(unit.qualname, unit.span, _BOUND_MESSAGE.format(unit.name, options.max_worlds)))
    leaking = {leak.site.span for leak in leaks}
    leaks.extend(_kept_for_ever(this, [site for site in sites if site.span not in leaking]))
    return Facts(
        path=source.path,
        sites=tuple(sites),
        leaks=tuple(leaks),
        misuses=tuple(misuses),
        bounds=tuple(bounds),
        consulted=this.program.consulted,
    )


def _kept_for_ever(this: ProgramModule, sites: Sequence[Site]) -> Iterator[Leak]:
    """What objects keep in an attribute that nobody releases."""
    by_span = {site.span: site for site in sites}
    for made in this.index.units:
        if made.kind is not UnitKind.CLASS:
            continue
        for owned in this.explorer.owners.unreleased(made.index):
            site = by_span.pop(owned.span, None)
            if site is not None:
                yield _kept_leak(this.text.path, site, f"self.{owned.attr}", made)


def _kept_leak(path: str, site: Site, attribute: str, made: CodeUnit) -> Leak:
    at = made.span._replace(end_line=made.span.line, end_column=made.span.column + len("class"))
    return Leak(
        fault=Fault.OWNER_NEVER_RELEASES,
        site=site,
        exits=("return",),
        trace=(
            Step(StepKind.ACQUIRE, f"acquired here, and kept in `{attribute}`", path, site.span),
            Step(StepKind.EXIT, f"no method of `{made.name}` releases `{attribute}`", path, at),
        ),
        condition=None,
        outcome=None,
        cause=attribute,
        cause_line=None,
        idle=False,
        others=(),
    )


_BOUND_MESSAGE = "`{}` has too many combinations of facts (more than {} at one point, or too many in all); not every leak is reported"


def _sites(explorer: UnitExplorer) -> Iterator[tuple[Span, Acquired]]:
    yield from sorted(explorer.context.calls.sites.items())
