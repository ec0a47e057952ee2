"""What a caller may set about the analysis; `pgleak_lint.config` fills it."""

from __future__ import annotations

from pgleak_lint._record import record


@record
class AnalysisOptions:
    """``evidence`` is the weakest accepted: ``proven``, ``likely`` or ``weak``. ``safe_calls`` are further dotted names of
    calls that do not raise (``*`` matches any characters). ``strict``: a release may raise past another one.
    ``max_worlds`` bounds the worlds kept at one program point. ``trusts_names``: calls whose names lead to no acquire, and
    modules whose words speak of no database, are not looked into."""

    evidence: str = "likely"
    safe_calls: tuple[str, ...] = ()
    strict: bool = False
    max_worlds: int = 24
    trusts_names: bool = True
