"""The command line: commands by name, each imported only when it runs; every error as one line."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from pgleak_lint._spelling import nearest
from pgleak_lint._version import __version__
from pgleak_lint.cli.errors import EXIT_CODE, INTERRUPTED, CliError, forget_output, tell
from pgleak_lint.cli.options import SuggestingGroup, global_options
from pgleak_lint.pipeline.collector import COLLECTIONS

COMMANDS = {
    "check": ("pgleak_lint.cli.check", "Find leaked connections in files and folders."),
    "rule": ("pgleak_lint.cli.rule", "Print the documentation of a rule."),
    "explain": ("pgleak_lint.cli.rule", "The same as rule."),
    "baseline": ("pgleak_lint.cli.baseline", "Show or prune accepted findings."),
    "config": ("pgleak_lint.cli.config", "Print the settings and where they come from."),
    "drivers": ("pgleak_lint.cli.drivers", "Print the known drivers."),
    "graph": ("pgleak_lint.cli.graph", "Draw a function's control flow and its leak."),
    "merge": ("pgleak_lint.cli.merge", "Join the reports of several runs."),
    "server": ("pgleak_lint.cli.server", "Speak the Language Server Protocol."),
    "clean": ("pgleak_lint.cli.clean", "Delete the project's cache."),
    "completion": ("pgleak_lint.cli.completion", "Print a shell's completion script."),
    "debug": ("pgleak_lint.cli.debug", "Print internals, for contributors."),
}

PROGRAM = "pgleak-lint"
COMPLETE = "_PGLEAK_LINT_COMPLETE"
"""The variable by which a shell asks for completions."""
_EPILOG = """\b
Examples:
  pgleak-lint check src
  pgleak-lint check --output-format json --output-file leaks.json src
  pgleak-lint rule PGL103
"""


class Commands(SuggestingGroup):
    """A group that knows its commands' names and help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from pgleak_lint._installed import version_of

    python = ".".join(map(str, sys.version_info[:3]))
    libcst, rich = version_of("libcst"), version_of("rich")
    drivers = os.path.join(os.path.dirname(os.path.dirname(__file__)), "models", "drivers")
    models = sum(name.endswith(".toml") for name in os.listdir(drivers))
    click.echo(f"pgleak-lint {__version__} (Python {python}, libcst {libcst}, rich {rich}, {models} driver models)")
    ctx.exit()


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80}, epilog=_EPILOG
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print versions."
)
@global_options
@click.pass_context
def cli(ctx: click.Context, /, **options: Any) -> None:
    """Find database connections that a path forgets to give back."""
    ctx.obj = options


_NO_WORDS = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""What click raises where a command is missing; before 8.2 it printed its help at once."""


def program() -> NoReturn:
    """The whole process: runs the command line, and ends without taking down piece by piece what the system frees at once: that takes as
    long as starting Python. What is registered with `atexit` runs; where threads or processes are left, Python ends as usual."""
    gc.set_threshold(*COLLECTIONS)
    for closed in [name for name in ("stdout", "stderr") if getattr(sys, name) is None]:
        setattr(sys, closed, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
    try:
        main()
    except SystemExit as end:
        processes = sys.modules.get("multiprocessing")
        if threading.active_count() == 1 and not (processes and processes.active_children()):
            atexit._run_exitfuncs()
            if _is_written():
                os._exit(end.code if isinstance(end.code, int) else EXIT_CODE)
        raise


def _is_written() -> bool:
    """Whether all that was printed has left the process."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETE in os.environ:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(cli, {}, PROGRAM, COMPLETE, os.environ[COMPLETE]))
    try:
        code = _run(words)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.exceptions.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        forget_output()
        code = 0
    except OSError as error:
        forget_output()
        code = _fail((f"cannot write standard output: {(error.strerror or 'unknown error').lower()}",))
    except Exception as error:
        if "--debug" in words:
            import traceback

            traceback.print_exc()
        code = _fail((f"internal error ({type(error).__name__}); please report with --debug",))
    sys.exit(code)


def _run(words: list[str]) -> int:
    try:
        # not `cli.main`: it has its own ideas of closed pipes and interrupts
        with cli.make_context(PROGRAM, words) as context:
            code = cli.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except CliError as error:
        return _fail(error.lines)
    except click.exceptions.NoSuchOption as error:
        names = [name for param in (error.ctx.command.params if error.ctx else []) for name in param.opts]
        hint = _near_option(error.option_name, [*names, "--help"])
        return _fail((f"no such option '{error.option_name}'{hint}",))
    except _NO_WORDS as error:
        click.echo(error.format_message())
        return EXIT_CODE
    except click.ClickException as error:
        text = " ".join(error.format_message().split()).rstrip(".")
        return _fail((text[:1].lower() + text[1:],))
    return code if isinstance(code, int) else 0


def _near_option(word: str, names: Sequence[str]) -> str:
    """The nearest option; the dashes that all share do not make them alike."""
    by_word = {name.lstrip("-"): name for name in names if name.startswith("--")}
    near = nearest(word.lstrip("-"), by_word)
    return "" if near is None else f"; did you mean '{by_word[near]}'?"


def _fail(lines: Sequence[str]) -> int:
    for line in lines:
        tell(f"error: {line}")
    return EXIT_CODE
