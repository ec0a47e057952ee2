"""``pgleak-lint config``: the settings in effect, each with where it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pgleak_lint.cli.errors import CliError
from pgleak_lint.cli.options import global_options, merged_globals
from pgleak_lint.cli.settings import finder_of, setting_options

if TYPE_CHECKING:
    from pgleak_lint.config.keys import Key
    from pgleak_lint.config.layers import Resolved


@click.command("config", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.argument("name", metavar="[KEY]", required=False)
@click.option("--for", "file", metavar="FILE", help="The settings for this file.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of settings files.")
@setting_options
@global_options
@click.pass_obj
def command(globals_: dict[str, Any], /, name: str | None, file: str | None, schema: bool, **options: Any) -> int:
    """Print the settings in effect here, as TOML, each with its origin."""
    if schema:
        from pgleak_lint.config.schema import json_schema

        click.echo(json.dumps(json_schema(), indent=2))
        return 0
    from pgleak_lint.config.keys import effective_keys
    from pgleak_lint.config.options import SettingsError
    from pgleak_lint.rules.plugins import PluginError

    keys = [_key(name)] if name is not None else list(effective_keys())
    finder = finder_of(merged_globals(globals_, options), options)
    try:
        resolved = finder.explain(Path(file) if file is not None else None)
        for key in keys:
            click.echo(_line(key, resolved))
    except (SettingsError, PluginError) as error:
        raise CliError(*str(error).split("\n")) from None
    return 0


def _key(name: str) -> Key:
    from pgleak_lint.config.keys import BY_NAME, Scope
    from pgleak_lint.config.options import unknown_key

    if name not in BY_NAME:
        raise CliError(unknown_key("", name, BY_NAME))
    if BY_NAME[name].scope is Scope.FILE:
        raise CliError(f"'{name}' speaks of its own file and has no value in effect")
    return BY_NAME[name]


def _line(key: Key, resolved: Resolved) -> str:
    from pgleak_lint.config.schema import plain

    value = resolved.value(key)
    origin = resolved.origins.get(key.field, "default")
    if key.name == "select" and value is None:
        value, origin = _of_preset(resolved.settings.preset), f"preset {resolved.settings.preset}"
    if value is None:
        return f"# {key.name} is not set"
    return f"{key.name} = {_toml(plain(key, value))}  # {origin}"


def _of_preset(preset: str) -> tuple[str, ...]:
    from pgleak_lint.rules.plugins import all_rules

    return tuple(rule.META.code for rule in all_rules() if rule.META.default or preset == "all")


def _toml(value: Any) -> str:
    """A value as TOML; JSON's strings, numbers and booleans are TOML's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(name)} = {_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
