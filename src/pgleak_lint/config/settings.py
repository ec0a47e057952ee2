"""What the stages get: merged, checked, frozen."""

from __future__ import annotations

from pgleak_lint._record import record
from pgleak_lint.models.wrapper import Wrapper
from pgleak_lint.source.discovery import DEFAULT_EXCLUDES


@record
class Settings:
    """All settings for one file. The values here are the defaults; `pgleak_lint.config.keys` says what each means.

    ``select`` is None where the preset chooses. ``per_file_ignores`` pairs a glob with the rules that are off there, and
    ``ignored_here`` are those for this very file; ``severity`` pairs a rule's code or name with its level. ``suppressions``
    says whether comments silence; ``baseline`` and ``cache_dir`` are
    paths from the working directory; ``root`` is the folder of the file that the settings came from, None without one.
    """

    preset: str = "recommended"
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, str], ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDES
    extend_exclude: tuple[str, ...] = ()
    evidence: str = "likely"
    safe_calls: tuple[str, ...] = ()
    src: tuple[str, ...] = (".", "src")
    wrappers: tuple[Wrapper, ...] = ()
    models: tuple[str, ...] = ()
    strict: bool = False
    fail_on: str = "warning"
    output_format: str = "text"
    jobs: str = "auto"
    require_reason: bool = False
    baseline: str | None = None
    cache_dir: str | None = None
    ignored_here: tuple[str, ...] = ()
    suppressions: bool = True
    root: str | None = None

    @property
    def excludes(self) -> tuple[str, ...]:
        """All exclude patterns."""
        return (*self.exclude, *self.extend_exclude)
