"""Writing XML: elements and attributes with everything escaped that XML 1.0 can't hold."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from pgleak_lint.report.escape import printable

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def open_tag(name: str, attributes: Mapping[str, object], *, closed: bool = False) -> str:
    """``<name a="b">``, or ``<name a="b"/>``."""
    parts = [name, *(f"{key}={quoteattr(printable(str(value)))}" for key, value in attributes.items())]
    return f"<{' '.join(parts)}{'/' if closed else ''}>"


def text(content: str) -> str:
    """Character data; its lines stay lines."""
    return escape("\n".join(printable(line) for line in content.split("\n")))
