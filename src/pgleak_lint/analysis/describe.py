"""What the analysis knows about one function, in words: for contributors, and for anybody who wonders about a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from pgleak_lint.analysis.program import ProgramModule
from pgleak_lint.analysis.provenance import is_context_manager
from pgleak_lint.analysis.summaries import Effect
from pgleak_lint.analysis.types import Class, Function
from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.models.schema import ResourceModel


def describe(this: ProgramModule, unit: CodeUnit) -> list[str]:
    """The summary of a function or class, a line for each thing known."""
    lines = _of_class(this, unit) if unit.kind is UnitKind.CLASS else _of_function(this, unit)
    return list(lines) or ["nothing is known of it"]


def _of_function(this: ProgramModule, unit: CodeUnit) -> Iterator[str]:
    summaries, home = this.explorer.summaries, this.source.home
    source = summaries.source(Function(unit.index, home))
    if source is not None:
        at = f", acquired at line {source.inside[0][1].line}" if source.inside else ""
        yield f"gives its caller a {source.resource.noun} of {source.resource.driver} ({source.form.value}){at}"
    if is_context_manager(unit):
        yielded = this.provenance.yielded_type(unit.index)
        yield "is a context manager" + (f" that lends {yielded}" if yielded is not None else "")
    for parameter in unit.parameters:
        yield from _of_parameter(this, unit, parameter.name)
    explorer = this.explorer.unit(unit.index)
    if explorer is None:
        yield "is too large to be followed"
        return
    for call in explorer.context.calls.by_temp.values():
        for taking in this.explorer.pools.taken_by(explorer.context.index, call):
            chain = " → ".join(f"line {span.line}" for _, span in taking.chain)
            yield f"takes a connection from {taking.name} ({chain})"
    yield "may raise" if summaries.may_raise(unit.index) else "does not raise"


def _of_parameter(this: ProgramModule, unit: CodeUnit, name: str) -> Iterator[str]:
    by_effect: dict[Effect, list[ResourceModel]] = {}
    for driver in this.provenance.catalog.drivers:
        for resource in driver.resources:
            effect = this.explorer.summaries.effect(unit.index, frozenset({name}), resource)
            if effect.discharges or effect.may_discharge or effect.returns:
                by_effect.setdefault(effect, []).append(resource)
    for effect, resources in by_effect.items():
        what = (
            "releases or keeps on all paths"
            if effect.discharges
            else "releases or keeps on some paths"
            if effect.may_discharge
            else "returns"
        )
        names = ", ".join(sorted({resource.driver for resource in resources}))
        raises = "; an exception can leave it" if effect.may_raise else ""
        yield f"{what} what is passed as `{name}`{raises} ({names})"


def _of_class(this: ProgramModule, unit: CodeUnit) -> Iterator[str]:
    owners = this.explorer.owners
    for owned in owners.owned(unit.index):
        releases = owners.releases(unit.index, owned.attr, owned.acquired.resource)
        by = ", ".join(name for name, _ in releases.methods) or ("something may" if releases.maybe else "nobody")
        yield f"keeps a {owned.acquired.resource.noun} in `{owned.attr}` from line {owned.span.line}; released by: {by}"
    acquired = owners.object(Class(unit.index, this.source.home))
    if acquired is not None:
        methods = ", ".join(release.method for release in acquired.resource.releases)
        yield f"whoever makes one owes {methods}"
