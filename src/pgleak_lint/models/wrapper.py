"""A wrapper as the settings declare it."""

from __future__ import annotations

from dataclasses import field

from pgleak_lint._record import record


@record
class Wrapper:
    """One entry of the setting ``wrappers``, as written. ``driver`` is the name of a driver, or ``NAME/ID`` for one of its
    resources; ``place`` is where it stands in the settings."""

    acquire: tuple[str, ...]
    release: tuple[str, ...]
    driver: str
    place: str = field(default="", compare=False)
