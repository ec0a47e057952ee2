"""What is installed: entry points of packages that extend this tool, and versions."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def entry_points_of(group: str) -> list[EntryPoint]:
    """The entry points of that group, in the order of their names.

    Where no installed package mentions the group, `importlib.metadata` is not asked: importing it takes longer than
    most runs.
    """
    if not any(group.encode() in text for text in _declarations()):
        return []
    from importlib.metadata import entry_points

    return sorted(entry_points(group=group), key=lambda point: point.name)


def version_of(name: str) -> str:
    """The version of an installed distribution, ``unknown`` where there is none. `importlib.metadata` is asked last."""
    folder = re.compile(rf"{re.escape(name)}-([^-]+)\.dist-info", re.IGNORECASE)
    for path in sys.path:
        try:
            found = [match[1] for match in map(folder.fullmatch, os.listdir(path or ".")) if match]
        except OSError:
            continue
        if found:
            return found[0]
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _declarations() -> Iterator[bytes]:
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            if os.path.isfile(folder):  # a zip file
                yield from _in_archive(folder)
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                try:
                    with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                        yield file.read()
                except OSError:
                    continue


def _in_archive(path: str) -> Iterator[bytes]:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith("/entry_points.txt"):
                    yield archive.read(name)
    except (OSError, zipfile.BadZipFile):
        return
