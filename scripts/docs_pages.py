"""A hook of mkdocs: a page for each rule, from the rule's own file."""

from __future__ import annotations

from typing import Any

from mkdocs.structure.files import File, Files

from pgleak_lint.rules import ALL, pages


def on_files(files: Files, config: Any) -> Files:
    """Add ``rules/NAME.md`` for each rule, and their list."""
    rows = ["# Rules", "", "| code | name | finds |", "|---|---|---|"]
    for rule in sorted(ALL, key=lambda rule: rule.META.code):
        meta = rule.META
        rows.append(f"| {meta.code} | [{meta.name}]({meta.name}.md) | {meta.summary} |")
        files.append(File.generated(config, f"rules/{meta.name}.md", content=pages.markdown(rule) + "\n"))
    files.append(File.generated(config, "rules/index.md", content="\n".join(rows) + "\n"))
    return files
