"""All that a rule may read: what the analysis found out about one module.

A rule turns facts into findings; it visits no syntax and resolves no names. Everything here is plain frozen data,
so that facts can be cached and sent between processes.
"""

from __future__ import annotations

import enum

from pgleak_lint._record import record
from pgleak_lint.findings.finding import ResourceInfo, Step
from pgleak_lint.source.span import Span


class Fault(enum.Enum):
    """How an acquire site goes wrong, worst path first. One fault a site; each has its rule."""

    NEVER_RELEASED = "never-released"
    LEAK_ON_PATH = "leak-on-path"
    LEAK_ON_EXCEPTION = "leak-on-exception"
    LEAK_ON_CANCELLATION = "leak-on-cancellation"
    REBOUND_WHILE_HELD = "rebound-while-held"
    DISCARDED_ACQUIRE = "discarded-acquire"
    UNAWAITED_RELEASE = "unawaited-release"
    WITH_DOES_NOT_RELEASE = "with-does-not-release"
    WRONG_RELEASE = "wrong-release"
    UNGUARDED_YIELD = "unguarded-yield"
    OWNER_NEVER_RELEASES = "owner-never-releases"


@record
class Site:
    """An acquire site.

    ``span`` is the acquire call without its ``await``; ``expression`` its source text. ``info`` names resource, variable and
    pool. ``noun`` is "connection" or "session". ``gc`` is the value of `pgleak_lint.models.schema.OnGc`.
    ``evidence`` is ``proven``, ``likely`` or ``weak``. ``release`` is a call that releases it, in the user's own
    names (``await pool.release(conn)``), and ``scoped`` the form that releases on every path
    (``async with pool.acquire() as conn:``), None where the driver has none.
    """

    span: Span
    function: str
    expression: str
    info: ResourceInfo
    noun: str
    gc: str
    evidence: str
    release: str
    scoped: str | None


@record
class Leak:
    """An acquire site that some path leaves unreleased; described is its worst path.

    ``exits``: every exit kind with a leaking path, the worst first. ``condition`` is the source text of the last test on
    the path and ``outcome`` its result. ``cause`` is the source text of the call that matters to the fault: the raising call
    (`LEAK_ON_EXCEPTION`, `LEAK_ON_CANCELLATION`), the release that is not awaited, does not release, the rebinding, or the
    attribute that keeps it (`OWNER_NEVER_RELEASES`).
    ``cause_line`` is its line. ``idle``: on this path it holds nothing any more (a session after its commit).
    ``others``: one sentence for each other exit kind ("an exception at line 6 leaves it held").
    """

    fault: Fault
    site: Site
    exits: tuple[str, ...]
    trace: tuple[Step, ...]
    condition: str | None
    outcome: bool | None
    cause: str | None
    cause_line: int | None
    idle: bool
    others: tuple[str, ...]


class MisuseKind(enum.Enum):
    """What is done to a resource that was given back already, or beside one that was not."""

    DOUBLE_RELEASE = "double-release"
    USE_AFTER_RELEASE = "use-after-release"
    NESTED_ACQUIRE = "nested-acquire"


@record
class Misuse:
    """A fault at ``span`` (the call ``expression``) with the resource of ``site``.

    ``consequence`` is the value of `Repeat`, `AfterRelease` or (`NESTED_ACQUIRE`) `Exhausted` in `pgleak_lint.models.schema`.
    """

    kind: MisuseKind
    site: Site
    span: Span
    expression: str
    consequence: str
    trace: tuple[Step, ...]


@record
class BoundReached:
    """A function that was too large for full path precision, and what was given up."""

    function: str
    span: Span
    message: str


@record
class Facts:
    """What is known about one module. ``path`` is the path as findings show it; ``sites`` are all acquire sites,
    leaking or not. ``consulted`` are the homes of other modules that were looked into, or looked for."""

    path: str
    sites: tuple[Site, ...]
    leaks: tuple[Leak, ...]
    misuses: tuple[Misuse, ...]
    bounds: tuple[BoundReached, ...]
    consulted: frozenset[str]
