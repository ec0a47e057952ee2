"""For authors of rules: a rule's examples are its tests."""

from __future__ import annotations

import re

from pgleak_lint.rules.base import Bad, Rule

_MARK = re.compile(r"#\s*finding(?::\s*(?P<codes>[A-Z0-9, ]+))?")


def assert_rule(rule: Rule) -> None:
    """Every bad example has the rule's findings on just the lines that end in ``# finding``, every good one has none, and the
    documentation has its sections.

    Raises AssertionError, with the example's title and both lists of lines.
    """
    documentation = rule.__doc__ or ""
    for section in ("What it finds", "Why it matters", "How to fix", "Known limits"):
        assert re.search(rf"^{section}$", documentation, re.MULTILINE), f"{rule.META.code}: no section '{section}'"
    kinds = {type(example).__name__ for example in rule.EXAMPLES}
    assert kinds == {"Bad", "Good"}, f"{rule.META.code}: there must be bad and good examples"
    for example in rule.EXAMPLES:
        expected = marked_lines(example.code)
        assert bool(expected) == isinstance(example, Bad), (
            f"{example.title}: a bad example marks its findings, a good one none"
        )
        found = finding_lines(rule, example.code)
        assert found == expected, f"{example.title}: findings on lines {found}, expected on {expected}"


def marked_lines(code: str) -> list[int]:
    """The lines with a ``# finding`` mark."""
    return [number for number, line in enumerate(code.split("\n"), 1) if _MARK.search(line)]


def finding_lines(rule: Rule, code: str) -> list[int]:
    """The lines on which that rule alone finds something in a text."""
    from pgleak_lint.analysis.module import analyse
    from pgleak_lint.analysis.options import AnalysisOptions
    from pgleak_lint.config.settings import Settings
    from pgleak_lint.pipeline.project import project_of
    from pgleak_lint.source.deep_stack import run_with_deep_stack
    from pgleak_lint.source.document import Fault

    def check() -> list[int]:
        project = project_of(Settings())
        source = project.read(None, "<example>", code)
        assert not isinstance(source, Fault), source
        facts = analyse(source, project.catalog, AnalysisOptions(), None)
        return sorted(finding.span.line for finding in rule.check(facts))

    return run_with_deep_stack(check)
