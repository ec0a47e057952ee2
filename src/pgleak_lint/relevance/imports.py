"""What a text seems to import, read from its bytes."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

_IMPORT = re.compile(
    rb"\n[ \t]*(?:from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#;]+)|import[ \t]+(?P<modules>[^\n#;]+))"
)
_NAME = re.compile(rb"\w+(?:\.\w+)*")


def imported_names(data: bytes, package: list[str], tops: Container[str] | None = None) -> set[str]:
    """Dotted names of modules that a text in the package of that name may import; some are names in a module instead. ``tops``: the
    first parts of the names that are wanted, None for all."""
    return {name for match in _IMPORT.finditer(b"\n" + data) for name in _names_of(match, package, tops)}


def _names_of(match: re.Match[bytes], package: list[str], tops: Container[str] | None) -> Iterator[str]:
    plain, module, names = match.group("modules", "module", "names")
    if plain is not None:
        for part in plain.split(b","):
            words = _NAME.findall(part)
            if words:
                name = words[0].decode("utf-8", "replace")
                if tops is None or name.partition(".")[0] in tops:
                    yield name
        return
    bare = module.decode("utf-8", "replace").lstrip(".")
    levels = len(module) - len(module.lstrip(b"."))
    if tops is not None and not levels and bare.partition(".")[0] not in tops:
        return  # the standard library, or something installed: most imports
    base = package[: len(package) - levels + 1] if levels else []
    path = ".".join([*base, bare] if bare else base)
    if path:
        yield path
    for name in _NAME.findall(names):
        found = name.decode("utf-8", "replace")
        yield f"{path}.{found}" if path else found
