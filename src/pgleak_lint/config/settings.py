"""What the stages get: merged, checked, frozen."""

from __future__ import annotations

from dataclasses import dataclass

from pgleak_lint.source.discovery import DEFAULT_EXCLUDES

RECOMMENDED = ("PGL",)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings for one file. ``per_file_ignores`` pairs a glob with the rules that are off there; ``root`` is the folder
    of the file that they came from, None without one."""

    select: tuple[str, ...] = RECOMMENDED
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDES
    extend_exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    evidence: str = "likely"
    safe_calls: tuple[str, ...] = ()
    strict: bool = False
    fail_on: str = "warning"
    output_format: str = "text"
    suppressions: bool = True
    root: str | None = None

    @property
    def excludes(self) -> tuple[str, ...]:
        """All exclude patterns."""
        return (*self.exclude, *self.extend_exclude)
