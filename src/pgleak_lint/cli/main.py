"""The command line: commands by name, each imported only when it runs; every error as one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from pgleak_lint._version import __version__
from pgleak_lint.cli.errors import EXIT_CODE, CliError, did_you_mean

COMMANDS = {
    "check": ("pgleak_lint.cli.check", "Find leaked connections in files and folders."),
    "rule": ("pgleak_lint.cli.rule", "Print the documentation of a rule."),
    "explain": ("pgleak_lint.cli.rule", "The same as rule."),
    "drivers": ("pgleak_lint.cli.drivers", "Print the known drivers."),
    "debug": ("pgleak_lint.cli.debug", "Print internals, for contributors."),
}

_EPILOG = """\b
Examples:
  pgleak-lint check src
  pgleak-lint check --output-format json --output-file leaks.json src
  pgleak-lint rule PGL103
"""


class Commands(click.Group):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise CliError(f"no such command '{args[0]}'{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import version

    from pgleak_lint.models.loader import BUILTIN

    python = ".".join(map(str, sys.version_info[:3]))
    models = len(list(BUILTIN.glob("*.toml")))
    click.echo(
        f"pgleak-lint {__version__} (Python {python}, libcst {version('libcst')}, rich {version('rich')}, {models} driver models)"
    )
    ctx.exit()


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80}, epilog=_EPILOG
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print versions."
)
@click.option("--config", metavar="FILE", help="Use this settings file only.")
@click.option("--isolated", is_flag=True, help="Read no settings file.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is done.")
@click.option("--debug", is_flag=True, help="Print tracebacks of internal errors.")
@click.option("--color", metavar="WHEN", default="auto", help="auto, always or never.")
@click.pass_context
def cli(ctx: click.Context, /, **options: Any) -> None:
    """Find database connections that a path forgets to give back."""
    if options["color"] not in ("auto", "always", "never"):
        raise CliError(f"--color: '{options['color']}' is not one of auto, always, never")
    ctx.obj = options


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        code = cli.main(
            args=list(arguments) if arguments is not None else None, prog_name="pgleak-lint", standalone_mode=False
        )
        sys.stdout.flush()
    except CliError as error:
        code = _fail(error.lines)
    except click.exceptions.NoSuchOption as error:
        names = [name for param in (error.ctx.command.params if error.ctx else []) for name in param.opts]
        code = _fail((f"no such option '{error.option_name}'{did_you_mean(error.option_name, names)}",))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = EXIT_CODE
    except click.ClickException as error:
        code = _fail((" ".join(error.format_message().split()).rstrip("."),))
    except (KeyboardInterrupt, click.exceptions.Abort):
        code = 130
    except BrokenPipeError:
        code = _closed_pipe()
    sys.exit(code if isinstance(code, int) else 0)


def _fail(lines: Sequence[str]) -> int:
    for line in lines:
        click.echo(f"error: {line}", err=True)
    return EXIT_CODE


def _closed_pipe() -> int:
    """Nobody reads any more: end quietly, and keep Python from complaining at its own exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
