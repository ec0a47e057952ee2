"""``pgleak-lint rule``: the documentation of rules, from the rules' own files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pgleak_lint._spelling import GENEROUS, did_you_mean
from pgleak_lint.cli.errors import CliError

if TYPE_CHECKING:
    from pgleak_lint.rules.base import Rule

FORMATS = ("text", "markdown", "json")


@click.command("rule", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.argument("words", nargs=-1, metavar="CODE|NAME...")
@click.option("--all", "everything", is_flag=True, help="All rules.")
@click.option("--output-format", default="text", metavar="F", help="text, markdown or json.")
def command(words: tuple[str, ...], everything: bool, output_format: str) -> int:
    """Print the documentation and the examples of rules."""
    from pgleak_lint.rules import pages

    if output_format not in FORMATS:
        raise CliError(f"--output-format: '{output_format}' is not one of {', '.join(FORMATS)}")
    rules = _chosen(words, everything=everything)
    if output_format == "json":
        click.echo(json.dumps([_data(rule) for rule in rules], indent=2))
    else:
        render = pages.markdown if output_format == "markdown" else pages.text
        click.echo("\n\n".join(render(rule) for rule in rules))
    return 0


def _chosen(words: tuple[str, ...], *, everything: bool) -> list[Rule]:
    from pgleak_lint.rules import find_rule
    from pgleak_lint.rules.plugins import PluginError, all_rules

    try:
        rules = all_rules()
    except PluginError as error:
        raise CliError(str(error)) from None
    if everything:
        return list(rules)
    if not words:
        raise CliError("rule: name a code or a rule, or --all")
    found = []
    for word in words:
        rule = find_rule(word, rules)
        if rule is None:
            _tell_if_diagnostic(word)
            known = [text for rule in rules for text in (rule.META.code, rule.META.name)]
            raise CliError(
                f"no rule '{word}'{did_you_mean(word.upper() if word[:3].upper() == 'PGL' else word, known, GENEROUS)}"
            )
        found.append(rule)
    return found


def _tell_if_diagnostic(word: str) -> None:
    """A 9xx code is no rule, but has something to say."""
    from pgleak_lint.rules.diagnostics import DIAGNOSTICS

    for meta in DIAGNOSTICS:
        if word.strip().lower() in (meta.code.lower(), meta.name):
            raise CliError(f"{meta.code} {meta.name} is a diagnostic, not a rule: {meta.summary}")


def _data(rule: Rule) -> dict[str, object]:
    meta = rule.META
    return {
        "code": meta.code,
        "name": meta.name,
        "summary": meta.summary,
        "severities": [severity.value for severity in meta.severities],
        "cwe": meta.cwe,
        "default": meta.default,
        "documentation": (rule.__doc__ or "").strip(),
        "examples": [
            {"kind": type(example).__name__.lower(), "title": example.title, "code": example.code}
            for example in rule.EXAMPLES
        ],
    }
