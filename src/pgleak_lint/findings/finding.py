"""What the tool tells: findings about the code, diagnostics about the input and the tool. Data only."""

from __future__ import annotations

import enum

from pgleak_lint._record import record
from pgleak_lint.source.span import Span


class Severity(enum.Enum):
    """How bad the harm is (not how sure we are)."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for a note, 2 for an error."""
        return ("note", "warning", "error").index(self.value)


class StepKind(enum.Enum):
    """What happens at one step of a path."""

    ACQUIRE = "acquire"
    BRANCH = "branch"
    CALL = "call"
    RAISE = "raise"
    CANCEL = "cancel"
    YIELD = "yield"
    RELEASE = "release"
    REBIND = "rebind"
    EXIT = "exit"
    NOTE = "note"


@record
class Step:
    """One step of a path: ``message`` is short and in the user's words ("taken when true")."""

    kind: StepKind
    message: str
    path: str
    span: Span


@record
class ResourceInfo:
    """What leaks. ``kind`` as in `pgleak_lint.models.schema.Kind`; ``variable`` and ``pool`` are None where unnamed.
    ``pool`` is qualified by its module where it is a global (``app.db.pool``)."""

    kind: str
    driver: str
    variable: str | None
    pool: str | None


@record
class Edit:
    """Replace the text of ``span`` in ``path`` by ``text``."""

    path: str
    span: Span
    text: str


class Applicability(enum.Enum):
    """How far a fix can be trusted."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY_ONLY = "display-only"


@record
class Fix:
    """A proposed change: edits that do not overlap, in text order."""

    applicability: Applicability
    message: str
    edits: tuple[Edit, ...]


@record
class Finding:
    """One fault in the checked code.

    ``span`` is the acquire call without its ``await`` (for misuse rules: the faulty call). ``exits`` are the values of
    `pgleak_lint.cfg.graph.ExitKind` on which it is left held, the most severe first. ``also`` are further sentences
    about other paths. ``expression`` is the acquire expression as written, for the fingerprint. ``fingerprint`` is empty
    until all findings of the file are known.
    """

    code: str
    name: str
    severity: Severity
    evidence: str
    message: str
    path: str
    span: Span
    function: str
    resource: ResourceInfo | None
    exits: tuple[str, ...]
    trace: tuple[Step, ...]
    also: tuple[str, ...]
    help: str
    cwe: int
    expression: str
    fingerprint: str = ""
    fix: Fix | None = None


@record
class Diagnostic:
    """A message about the input or about the tool itself (PGL9xx). ``span`` is None where no place is known."""

    code: str
    name: str
    severity: Severity
    message: str
    path: str
    span: Span | None = None
