"""``pgleak-lint drivers``: what the tool knows about drivers."""

from __future__ import annotations

import json

import click

from pgleak_lint.cli.errors import CliError, did_you_mean


@click.command("drivers", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.argument("name", required=False)
@click.option("--output-format", default="text", metavar="F", help="text or json.")
def command(name: str | None, output_format: str) -> int:
    """Print the known drivers, or what is known about one."""
    from pgleak_lint.models.loader import load_catalog

    if output_format not in ("text", "json"):
        raise CliError(f"--output-format: '{output_format}' is not one of text, json")
    drivers = [driver for driver in load_catalog().drivers if driver.acquires]
    if name is not None:
        names = [driver.name for driver in drivers]
        drivers = [driver for driver in drivers if driver.name == name]
        if not drivers:
            raise CliError(f"no driver '{name}'{did_you_mean(name, names)}")
    rows = [
        {
            "driver": driver.name,
            "acquire": acquire.call,
            "form": acquire.form.value,
            "gives": acquire.gives,
            "source": acquire.evidence.source,
        }
        for driver in drivers
        for acquire in driver.acquires
    ]
    if output_format == "json":
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            click.echo(f"{row['driver']:<20} {row['acquire']:<55} {row['form']}")
    return 0
