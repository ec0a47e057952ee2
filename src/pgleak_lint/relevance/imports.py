"""What a text seems to import, read from its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator

_IMPORT = re.compile(
    rb"\n[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#;]+)|import[ \t]+(?P<modules>[^\n#;]+))"
)
_NAME = re.compile(rb"\w+(?:\.\w+)*")


def imported_names(data: bytes, package: list[str]) -> set[str]:
    """Dotted names of modules that a text in the package of that name may import; some are names in a module instead."""
    return {name for match in _IMPORT.finditer(b"\n" + data) for name in _names_of(match, package)}


def _names_of(match: re.Match[bytes], package: list[str]) -> Iterator[str]:
    if match["modules"] is not None:
        for part in match["modules"].split(b","):
            words = _NAME.findall(part)
            if words:
                yield words[0].decode("utf-8", "replace")
        return
    module = match["module"].decode("utf-8", "replace")
    bare = module.lstrip(".")
    levels = len(module) - len(bare)
    base = package[: len(package) - levels + 1] if levels else []
    path = [*base, *([bare] if bare else [])]
    if path:
        yield ".".join(path)
    for name in _NAME.findall(match["names"]):
        yield ".".join([*path, name.decode("utf-8", "replace")])
