"""What a suppression comment says."""

from __future__ import annotations

from pgleak_lint._record import record


@record
class Directive:
    """``kind`` is ``line``, ``block``, ``file`` or ``noqa``. ``codes`` are codes, prefixes or names as written (none: it silences
    nothing); the directive silences them on the lines ``first`` to ``last`` (from 1, inclusive). ``line`` is where the
    comment stands, ``column`` where it begins there and ``end_column`` where it ends."""

    kind: str
    codes: tuple[str, ...]
    reason: str
    line: int
    first: int
    last: int
    column: int = 1
    end_column: int = 2
