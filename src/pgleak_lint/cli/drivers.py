"""``pgleak-lint drivers``: what the tool knows about drivers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pgleak_lint._spelling import GENEROUS, did_you_mean
from pgleak_lint.cli.errors import CliError

if TYPE_CHECKING:
    from pgleak_lint.models.schema import DriverModel

_WIDEST_KEY = 34


@click.command("drivers", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.argument("name", required=False)
@click.option("--output-format", default="text", metavar="F", help="text or json.")
def command(name: str | None, output_format: str) -> int:
    """List the known drivers, or print every fact about one.

    NAME is a driver, or a package that is imported for it.
    """
    from pgleak_lint.models.facts import facts_of
    from pgleak_lint.models.loader import load_catalog

    if output_format not in ("text", "json"):
        raise CliError(f"--output-format: '{output_format}' is not one of text, json")
    drivers = [driver for driver in load_catalog().drivers if any(facts_of(driver))]
    if name is not None:
        drivers = _named(name, drivers)
    if output_format == "json":
        click.echo(json.dumps([_as_json(driver) for driver in drivers], indent=2))
    elif name is None:
        click.echo(_overview(drivers), nl=False)
    else:
        click.echo("\n".join(_sheet(driver) for driver in drivers), nl=False)
    return 0


def _named(name: str, drivers: Sequence[DriverModel]) -> list[DriverModel]:
    found = [driver for driver in drivers if driver.name == name]
    found = found or [driver for driver in drivers if name in driver.packages]
    if not found:
        known = {word for driver in drivers for word in (driver.name, *driver.packages)}
        raise CliError(f"no driver '{name}'{did_you_mean(name, sorted(known), GENEROUS)}")
    return found


def _as_json(driver: DriverModel) -> dict[str, Any]:
    from pgleak_lint.models.facts import facts_of

    facts = [
        {
            "subject": fact.subject,
            "fact": fact.key,
            "value": fact.value,
            "source": fact.evidence.source,
            "probe": fact.evidence.probe,
            "since": fact.evidence.since,
            "until": fact.evidence.until,
        }
        for fact in facts_of(driver)
    ]
    return {
        "driver": driver.name,
        "packages": list(driver.packages),
        "verified": driver.verified,
        "acquires": [acquire.call for acquire in driver.acquires],
        "facts": facts,
    }


def _overview(drivers: Sequence[DriverModel]) -> str:
    from pgleak_lint.models.facts import facts_of

    rows = [("driver", "acquires", "facts", "measured on")]
    for driver in drivers:
        rows.append((driver.name, str(len(driver.acquires)), str(sum(1 for _ in facts_of(driver))), driver.verified))
    return _columns(rows)


def _sheet(driver: DriverModel) -> str:
    from pgleak_lint.models.facts import facts_of

    lines = [f"{driver.name} ({driver.verified})"]
    subject = None
    facts = list(facts_of(driver))
    width = min(max(len(fact.key) for fact in facts), _WIDEST_KEY)
    for fact in facts:
        if fact.subject != subject:
            subject = fact.subject
            proof = "source-read" if fact.evidence.probe == "source-read" else "run"
            lines += ["", f"{subject}  [{proof}: {fact.evidence.source}]"]
        lines.append(f"  {fact.key:<{width}}  {fact.value}")
    return "\n".join(lines) + "\n"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join(lines) + "\n"
