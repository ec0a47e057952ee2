"""An acquire site in the user's words: what is acquired, from where, and how it should be given back."""

from __future__ import annotations

from pgleak_lint.analysis.calls import Acquired
from pgleak_lint.analysis.facts import Site
from pgleak_lint.analysis.names import UnitIndex
from pgleak_lint.analysis.provenance import Provenance
from pgleak_lint.analysis.text import SourceText
from pgleak_lint.analysis.types import Place, Symbol
from pgleak_lint.cfg.ops import Attr, Await, Call, Store, Temp, Unpack
from pgleak_lint.findings.finding import ResourceInfo
from pgleak_lint.models.schema import Form, OnWith


def describe_site(provenance: Provenance, index: UnitIndex, call: Call, acquired: Acquired, source: SourceText) -> Site:
    """The site that ``call`` is, in the unit of ``index``."""
    span = call.span
    variable = bound_name(index, call.dst, acquired.place)
    owner = _owner(index, call, acquired) if acquired.acquire.model.owned and not acquired.inside else None
    expression = source.of(span)
    resource = acquired.resource
    return Site(
        span=span,
        function=index.unit.qualname,
        expression=expression,
        info=ResourceInfo(
            resource.kind.value, resource.driver, variable, _qualified(provenance, index, call, owner, source)
        ),
        noun=resource.noun,
        gc=resource.on_gc.value,
        evidence=acquired.evidence,
        release=_release_text(acquired, owner, variable),
        scoped=_scoped_text(provenance, acquired, owner, variable, expression),
    )


def bound_name(index: UnitIndex, temp: Temp, place: Place | None = None) -> str | None:
    """The first variable or attribute that the value gets, or what a tuple has at that ``place``."""
    consumer = index.consumers.get(temp)
    match consumer:
        case Store(name=name) if name[0] != "$":
            return name
        case Store(name=name) if name.startswith("$with"):
            entered = index.entered.get(name)
            return bound_name(index, entered.dst) if entered else None
        case Await(dst=dst):
            return bound_name(index, dst, place)
        case Unpack(dsts=dsts) if place is not None and len(dsts) == place.size:
            return bound_name(index, dsts[place.position])
    return None


def _owner(index: UnitIndex, call: Call, acquired: Acquired) -> str | None:
    """The path of the pool or factory; None where the call only passes the acquire on (to a thread)."""
    method = acquired.acquire.model.call.rpartition(".")[2]
    callee = index.definition(call.func)
    if isinstance(callee, Attr):
        return (
            index.path(callee.obj if method != "__call__" else call.func)
            if method in (callee.attr, "__call__")
            else None
        )
    return index.path(call.func)


def _qualified(
    provenance: Provenance, index: UnitIndex, call: Call, owner: str | None, source: SourceText
) -> str | None:
    if owner is None:
        return None
    root, _, _rest = owner.partition(".")
    scope = provenance.module.scope_of(index.unit, root)
    if scope is None or scope.index != 0:
        return owner
    callee = index.definition(call.func)
    known = provenance.type_of(index.unit.index, callee.obj if isinstance(callee, Attr) else call.func)
    if isinstance(known, Symbol):
        return known.name
    return f"{_module_name(source.path)}.{owner}"


def _module_name(path: str) -> str:
    parts = path.replace("\\", "/").removesuffix(".py").removesuffix("/__init__").split("/")
    parts = [part for part in parts if part not in ("", ".", "..")]
    if parts[:1] == ["src"]:
        parts = parts[1:]
    return ".".join(parts)


def _release_text(acquired: Acquired, owner: str | None, variable: str | None) -> str:
    resource = acquired.resource
    name = variable or resource.noun
    by_owner = next((r for r in resource.releases if r.on == "owner"), None)
    if by_owner is not None and owner is not None:
        text, awaited = f"{owner}.{by_owner.method}({name})", by_owner.awaited
    else:
        release = next((r for r in resource.releases if r.on == "value"), by_owner)
        if release is None:
            return ""
        owned = release.on == "owner"
        text, awaited = (f"pool.{release.method}({name})" if owned else f"{name}.{release.method}()"), release.awaited
    return f"await {text}" if awaited else text


def _scoped_text(
    provenance: Provenance, acquired: Acquired, owner: str | None, variable: str | None, expression: str
) -> str | None:
    if acquired.place is not None:
        return None
    resource, name = acquired.resource, variable or acquired.resource.noun
    keyword = "async with" if resource.is_async else "with"
    if acquired.form in (Form.EITHER, Form.ENTER):
        return f"{keyword} {expression} as {name}:"
    if resource.on_with is OnWith.RELEASES:
        awaited = "await " if acquired.form is Form.AWAIT else ""
        return f"{keyword} {awaited}{expression} as {name}:"
    call = acquired.acquire.model.call.rpartition(".")[0]
    for other in acquired.acquire.driver.acquires:
        if owner is not None and other.form is Form.ENTER and other.call.rpartition(".")[0] == call:
            return f"{keyword} {owner}.{other.call.rpartition('.')[2]}() as {name}:"
    return None
