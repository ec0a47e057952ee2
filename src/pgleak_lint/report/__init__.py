"""The formats, one module each: `render(view)` turns the data of a run into text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pgleak_lint.report import concise, json, text
from pgleak_lint.report.view import View

FORMATS: Mapping[str, Callable[[View], str]] = {"text": text.render, "concise": concise.render, "json": json.render}
