"""The options that set what a settings file can set too, and the settings that come of both."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pgleak_lint.cli.errors import CliError

if TYPE_CHECKING:
    from pgleak_lint.config.load import SettingsFinder

F = TypeVar("F", bound=Callable[..., Any])


def words(ctx: click.Context, param: click.Parameter, value: Sequence[str]) -> tuple[str, ...] | None:
    """The words of a repeatable option, which may hold several, split at commas."""
    found = tuple(word.strip() for text in value for word in text.split(",") if word.strip())
    return found or None


def _list(name: str, metavar: str, text: str) -> Callable[[F], F]:
    return click.option(name, multiple=True, callback=words, metavar=metavar, help=text)


_OPTIONS: Sequence[Callable[[Any], Any]] = (
    click.option("--preset", metavar="NAME", help="recommended (default), strict, all."),
    _list("--select", "CODES", "Only these rules: codes, prefixes, names."),
    _list("--extend-select", "CODES", "These rules as well."),
    _list("--ignore", "CODES", "Not these rules."),
    click.option("--evidence", metavar="LEVEL", help="Weakest evidence accepted: proven, likely, weak."),
    click.option("--strict", is_flag=True, default=None, help="Exceptional paths and 9xx are errors."),
    _list("--exclude", "GLOB", "Leave these out, instead of the default."),
    _list("--extend-exclude", "GLOB", "Leave these out as well."),
    click.option("--no-exclude", is_flag=True, help="Leave nothing out."),
    click.option("--output-format", metavar="F", help="text (default), concise, json, sarif, html, ..."),
    click.option("--fail-on", metavar="SEVERITY", help="error, warning (default) or note."),
    click.option("--baseline", metavar="FILE", help="Accept the findings in this file."),
    click.option("--cache-dir", metavar="DIR", help="Where results are kept between runs."),
    click.option("--jobs", metavar="N", help="Processes: a number, or auto."),
)


def setting_options(function: F) -> F:
    """The options that beat a setting of the same name."""
    for add in reversed(_OPTIONS):
        function = add(function)
    return function


def finder_of(globals_: Mapping[str, Any], options: Mapping[str, Any]) -> SettingsFinder:
    """What finds the settings, under these options and this environment. Raises `CliError`."""
    from pgleak_lint.config.keys import KEYS
    from pgleak_lint.config.load import SettingsFinder
    from pgleak_lint.config.options import SettingsError
    from pgleak_lint.rules.plugins import PluginError

    values: dict[str, Any] = {}
    lines: list[str] = []
    try:
        for key in KEYS:
            given = options.get(key.field)
            if given is not None:
                raw = list(given) if isinstance(given, tuple) else given
                values[key.field], faults = key.kind.read(f"--{key.name}", raw)
                lines += faults
        if options["no_exclude"]:
            values |= {"exclude": (), "extend_exclude": ()}
        if options.get("no_suppressions"):
            values["suppressions"] = False
        if lines:
            raise CliError(*lines)
        return SettingsFinder(values, config=globals_["config"], isolated=globals_["isolated"], environ=os.environ)
    except (SettingsError, PluginError) as error:
        raise CliError(*str(error).split("\n")) from None
