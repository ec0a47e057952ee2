"""pgleak-lint finds database connections that a path forgets to give back.

The public API is what ``__all__`` names. It is imported on first use, so that ``import pgleak_lint`` costs nothing.
"""

from __future__ import annotations

from pgleak_lint._version import __version__

TYPE_CHECKING = False  # `typing` may not be imported yet: see ``__main__``
if TYPE_CHECKING:
    from pgleak_lint.config.settings import Settings
    from pgleak_lint.findings.finding import Diagnostic, Finding
    from pgleak_lint.pipeline.api import check_paths, check_source
    from pgleak_lint.pipeline.result import Report

__all__ = ["Diagnostic", "Finding", "Report", "Settings", "__version__", "check_paths", "check_source"]

_HOMES = {
    "Diagnostic": "pgleak_lint.findings.finding",
    "Finding": "pgleak_lint.findings.finding",
    "Report": "pgleak_lint.pipeline.result",
    "Settings": "pgleak_lint.config.settings",
    "check_paths": "pgleak_lint.pipeline.api",
    "check_source": "pgleak_lint.pipeline.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
