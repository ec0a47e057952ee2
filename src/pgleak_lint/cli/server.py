"""``pgleak-lint server``: the language server over standard input and output."""

from __future__ import annotations

import click

from pgleak_lint.cli.errors import CliError


@click.command("server", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
def command() -> int:
    """Speak the Language Server Protocol over standard input and output.

    Editors start this. It needs the extra lsp: pip install 'pgleak-lint[lsp]'.
    """
    try:
        from pgleak_lint.server.app import create_server
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise CliError("the language server needs pygls; install pgleak-lint[lsp]") from None
    create_server().start_io()
    return 0
