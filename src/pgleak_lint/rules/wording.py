"""Findings in the user's words, made from facts."""

from __future__ import annotations

from pgleak_lint.analysis.facts import Leak, Misuse, Site
from pgleak_lint.findings.finding import Finding
from pgleak_lint.rules.base import RuleMeta
from pgleak_lint.rules.harm import leak_severity, misuse_severity

_LONGEST = 60
_RETURNED_BY_GC = {
    "cycle": "it sits in a reference cycle, and is not given back before Python's cycle collector runs",
    "closes": "CPython closes it when the last reference to it dies, and no sooner",
    "returns": "CPython's garbage collector gives it back when the last reference to it dies, and no sooner",
}


def subject(site: Site) -> str:
    """What leaks, and where it came from: ``connection from `pool```."""
    origin = site.expression if site.info.pool is None else site.info.pool.rpartition(".")[2]
    if site.info.pool is not None and site.expression.startswith(("self.", "cls.")):
        origin = site.info.pool
    return f"{site.noun} from `{clip(origin)}`"


def clip(text: str | None) -> str:
    """Source text short enough for a message."""
    text = " ".join((text or "").split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def outcome_text(leak: Leak) -> str:
    """``when `row is None``` for the last open test of the path, or the exception that was swallowed on it."""
    if leak.condition is not None:
        return f"when `{clip(leak.condition)}`" + ("" if leak.outcome else " is false")
    if leak.cause is not None:
        return f"when `{clip(leak.cause)}` raises and the exception is caught"
    return "on every path"


def leak_finding(meta: RuleMeta, leak: Leak, message: str, *, help_text: str | None = None) -> Finding:
    """The finding for a leak. It stands on the acquire call. ``help_text`` stands for the usual advice, if given."""
    site = leak.site
    return Finding(
        code=meta.code,
        name=meta.name,
        severity=leak_severity(leak),
        evidence=site.evidence,
        message=message,
        path=leak.trace[0].path,
        span=site.span,
        function=site.function,
        resource=site.info,
        exits=leak.exits,
        trace=leak.trace,
        also=leak.others,
        help=help_text or leak_help(site),
        cwe=meta.cwe,
        expression=site.expression,
    )


def leak_help(site: Site) -> str:
    """The form that releases on every path."""
    if site.scoped is not None:
        text = f"`{clip(site.scoped)}` releases on every path"
    else:
        text = f"put `{site.release}` into the `finally` of a `try` that begins right behind the acquire"
    extra = _RETURNED_BY_GC.get(site.gc)
    return f"{text}; {extra}" if extra else text


def misuse_finding(meta: RuleMeta, misuse: Misuse, message: str, help_text: str) -> Finding:
    """The finding for a misuse. It stands on the faulty call."""
    site = misuse.site
    return Finding(
        code=meta.code,
        name=meta.name,
        severity=misuse_severity(misuse),
        evidence=site.evidence,
        message=message,
        path=misuse.trace[0].path,
        span=misuse.span,
        function=site.function,
        resource=site.info,
        exits=(),
        trace=misuse.trace,
        also=(),
        help=help_text,
        cwe=meta.cwe,
        expression=misuse.expression,
    )
