"""The objects of `json`, one a line, each with its ``type``: ``finding``, ``diagnostic`` and, at the end, ``summary``."""

from __future__ import annotations

import json
from typing import Any

from pgleak_lint.report.entries import entries
from pgleak_lint.report.json import SCHEMA_VERSION, diagnostic_data, finding_data, summary_data, tool_data
from pgleak_lint.report.view import View


def render(view: View) -> str:
    """The whole run."""
    rows: list[dict[str, Any]] = [{"type": "finding", **finding_data(view, entry)} for entry in entries(view)]
    rows += [{"type": "diagnostic", **diagnostic_data(view, found)} for found in view.diagnostics]
    head = {"schema_version": SCHEMA_VERSION, "tool": tool_data(view), "base_dir": view.base_dir}
    rows.append({"type": "summary", **head, **summary_data(view)})
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows)
