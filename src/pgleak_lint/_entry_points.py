"""Entry points of installed packages, for the extensions of this tool."""

from __future__ import annotations

import os
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
