"""``pgleak-lint completion SHELL``: the script that completes commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from pgleak_lint.cli.errors import CliError

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.argument("shell", metavar="bash|zsh|fish")
def command(shell: str) -> int:
    """Print the completion script of a shell.

    For bash: eval "$(pgleak-lint completion bash)"
    """
    from pgleak_lint.cli.main import COMPLETE, PROGRAM, cli

    found = get_completion_class(shell) if shell in SHELLS else None
    if found is None:
        raise CliError(f"completion: '{shell}' is not one of {', '.join(SHELLS)}")
    click.echo(found(cli, {}, PROGRAM, COMPLETE).source())
    return 0
