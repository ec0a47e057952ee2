"""``pgleak-lint clean``: delete what is kept between runs."""

from __future__ import annotations

import os
from typing import Any

import click

from pgleak_lint.cli.errors import CliError, tell
from pgleak_lint.cli.options import global_options, merged_globals


@click.command("clean", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--cache-dir", metavar="DIR", help="The folder that holds it.")
@global_options
@click.pass_context
def command(ctx: click.Context, /, cache_dir: str | None, **globals_: Any) -> int:
    """Delete the project's cache."""
    from pgleak_lint.cache.table import cache_folder, delete_table
    from pgleak_lint.config.load import SettingsFinder
    from pgleak_lint.config.options import SettingsError

    merged = merged_globals(ctx.obj, globals_)
    options = {} if cache_dir is None else {"cache_dir": cache_dir}
    try:
        finder = SettingsFinder(options, config=merged["config"], isolated=merged["isolated"], environ=os.environ)
        settings = finder.explain().settings
    except SettingsError as error:
        raise CliError(*error.lines) from None
    folder = cache_folder(settings.root, settings.cache_dir)
    try:
        found = delete_table(folder)
    except OSError as error:
        raise CliError(f"cannot delete {folder}: {(error.strerror or 'unknown error').lower()}") from None
    if not merged["quiet"]:
        tell(f"note: {folder} {'is deleted' if found else 'holds no cache'}")
    return 0
