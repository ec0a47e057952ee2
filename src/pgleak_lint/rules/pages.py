"""The documentation of a rule, from the rule's own file: its docstring and its examples."""

from __future__ import annotations

from pgleak_lint.rules.base import Rule


def text(rule: Rule) -> str:
    """For a terminal."""
    meta = rule.META
    severities = ", ".join(severity.value for severity in meta.severities)
    parts = [
        f"{meta.code} {meta.name}: {meta.summary}",
        f"Severity: {severities}. CWE-{meta.cwe}.",
        (rule.__doc__ or "").strip(),
    ]
    for example in rule.EXAMPLES:
        code = "\n".join(f"    {line}".rstrip() for line in example.code.strip().split("\n"))
        parts.append(f"{type(example).__name__}: {example.title}\n\n{code}")
    return "\n\n".join(parts)


def markdown(rule: Rule) -> str:
    """For a page of documentation, and for viewers of reports."""
    meta = rule.META
    parts = [f"# {meta.code} {meta.name}", f"*{meta.summary}* (CWE-{meta.cwe})"]
    for line in (rule.__doc__ or "").strip().split("\n"):
        parts.append(
            line.strip() if line.startswith(" ") or not line.strip() else f"## {line}" if "." not in line else line
        )
    page = "\n".join(parts[:2]) + "\n\n" + "\n".join(parts[2:])
    for example in rule.EXAMPLES:
        page += f"\n\n### {type(example).__name__}: {example.title}\n\n```python\n{example.code.strip()}\n```"
    return page
