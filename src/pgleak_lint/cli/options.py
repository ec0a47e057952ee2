"""What several commands share: the global options, groups that suggest, help in sections."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from pgleak_lint._spelling import GENEROUS, did_you_mean
from pgleak_lint.cli.errors import CliError

F = TypeVar("F", bound=Callable[..., Any])

COLORS = ("auto", "always", "never")


class SuggestingGroup(click.Group):
    """A group whose unknown commands are told with the nearest known one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            raise CliError(f"no such command '{args[0]}'{did_you_mean(args[0], names, GENEROUS)}")
        return super().resolve_command(ctx, args)


class SectionedCommand(click.Command):
    """A command whose help shows its options in sections. ``sections``: title → names of parameters."""

    sections: Mapping[str, Sequence[str]] = {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = {
            param.name: param.get_help_record(ctx) for param in self.get_params(ctx) if isinstance(param, click.Option)
        }
        listed = {name for names in self.sections.values() for name in names}
        others = [str(name) for name in records if name not in listed]
        for title, names in (*self.sections.items(), ("Help", others)):
            rows = [record for name in names if (record := records.get(name)) is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _color(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in COLORS:
        raise CliError(f"--color: '{value}' is not one of {', '.join(COLORS)}")
    return value


def global_options(function: F) -> F:
    """The options that stand before a command; `check` also takes them behind it."""
    for add in reversed(
        (
            click.option("--config", metavar="FILE", help="Use this settings file only."),
            click.option("--isolated", is_flag=True, help="Read no settings file."),
            click.option("-q", "--quiet", is_flag=True, help="Print findings only."),
            click.option("-v", "--verbose", is_flag=True, help="Say more about what is done."),
            click.option("--debug", is_flag=True, help="Print tracebacks of internal errors."),
            click.option("--color", metavar="WHEN", callback=_color, help="auto, always or never."),
        )
    ):
        function = add(function)
    return function


def merged_globals(before: Mapping[str, Any], behind: dict[str, Any]) -> dict[str, Any]:
    """The global options of both places; those behind the command are taken out of its own."""
    merged = {name: behind.pop(name) or value for name, value in before.items()}
    if merged["config"] is None and not merged["isolated"]:
        merged["config"] = os.environ.get("PGLEAK_LINT_CONFIG") or None
    if merged["config"] is not None and merged["isolated"]:
        raise CliError("--config and --isolated exclude each other")
    return {**merged, "color": merged["color"] or "auto"}
