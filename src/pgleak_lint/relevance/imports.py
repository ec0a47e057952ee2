"""What a text seems to import, read from its bytes."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

_IMPORT = re.compile(
    rb"\n[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#;]+)|import[ \t]+(?P<modules>[^\n#;]+))"
)
_NAME = re.compile(rb"\w+(?:\.\w+)*")
_DOT = ord(".")


def imported_names(data: bytes, package: list[str], tops: Container[bytes] | None = None) -> set[str]:
    """Dotted names of modules that a text in the package of that name may import; some are names in a module instead. ``tops``: the
    first parts of the names that are wanted, None for all."""
    found: set[str] = set()
    for module, names, plain in _statements(b"\n" + data):
        if plain:
            found.update(_modules(plain, tops))
        elif tops is None or module[0] == _DOT or module.partition(b".")[0] in tops:
            found.update(_in_module(module, names, package))
        # all others are of the standard library, or installed: most imports
    return found


def _statements(text: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """What `_IMPORT` finds, which is tried on lines that speak of imports only: most do not."""
    end = 0
    found = text.find(b"import")
    while found >= 0:
        start = text.rfind(b"\n", 0, found)
        match = _IMPORT.match(text, start) if start >= end else None
        if match is not None:
            yield match["module"], match["names"], match["modules"]
            end = match.end()
        found = text.find(b"import", max(end, found + len(b"import")))


def _modules(plain: bytes, tops: Container[bytes] | None) -> Iterator[str]:
    for part in plain.split(b","):
        name = _NAME.search(part)
        if name is not None and (tops is None or name[0].partition(b".")[0] in tops):
            yield name[0].decode("utf-8", "replace")


def _in_module(module: bytes, names: bytes, package: list[str]) -> Iterator[str]:
    bare = module.lstrip(b".").decode("utf-8", "replace")
    levels = len(module) - len(module.lstrip(b"."))
    base = package[: len(package) - levels + 1] if levels else []
    path = ".".join([*base, bare] if bare else base)
    if path:
        yield path
    for name in _NAME.findall(names):
        found = name.decode("utf-8", "replace")
        yield f"{path}.{found}" if path else found
