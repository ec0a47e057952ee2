"""The formats, one module each: `render(view)` turns the data of a run into text. A module is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from pgleak_lint.report.view import View

FORMATS: Mapping[str, str] = {
    name: f"pgleak_lint.report.{name}"
    for name in (
        "text",
        "concise",
        "json",
        "jsonlines",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "checkstyle",
        "rdjson",
        "markdown",
        "html",
    )
}
"""Name → module."""
SHOWN_FROM_HERE = ("text", "concise")
"""Formats for people at a terminal: their paths are relative to the working directory."""


def renderer(name: str) -> Callable[[View], str]:
    """The ``render`` of a format. Raises KeyError for an unknown one."""
    return cast("Callable[[View], str]", import_module(FORMATS[name]).render)
