"""``pgleak-lint baseline``: what is accepted, and dropping what is fixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from pgleak_lint.cli.errors import EXIT_CODE, CliError, tell
from pgleak_lint.cli.options import SuggestingGroup, global_options, merged_globals
from pgleak_lint.cli.settings import setting_options

if TYPE_CHECKING:
    from pgleak_lint.cli.request import Request
    from pgleak_lint.findings.baseline import Entry

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


@click.group("baseline", cls=SuggestingGroup, context_settings=_CONTEXT)
def command() -> None:
    """Show or prune accepted findings."""


@command.command("show", context_settings=_CONTEXT)
@setting_options
@global_options
@click.pass_obj
def show(globals_: dict[str, Any], /, **options: Any) -> int:
    """Print the accepted findings by file, with their reasons and since when (from git)."""
    from pgleak_lint.cli.baseline_file import BaselineFile
    from pgleak_lint.report.escape import printable

    baseline = BaselineFile(_request(globals_, options))
    since = _since(baseline.path)
    path = None
    for entry in sorted(baseline.entries, key=lambda entry: (entry.path, entry.function, entry.code)):
        if entry.path != path:
            path = entry.path
            click.echo(printable(path))
        words = [f"  {entry.code} {entry.function}: {entry.expression}", since.get(entry, ""), entry.reason]
        click.echo(printable("  ".join(word for word in words if word)))
    files = len({entry.path for entry in baseline.entries})
    click.echo(f"{_entries(len(baseline.entries))} in {files} {'file' if files == 1 else 'files'}")
    return 0


@command.command("prune", context_settings=_CONTEXT)
@click.argument("paths", nargs=-1)
@setting_options
@global_options
@click.pass_obj
def prune(globals_: dict[str, Any], /, paths: tuple[str, ...], **options: Any) -> int:
    """Check PATHS (default: the current folder) and drop the entries that are fixed."""
    from pgleak_lint.cli.baseline_file import BaselineFile

    if "-" in paths:
        raise CliError("baseline prune cannot check standard input")
    request = _request(globals_, options)
    baseline = BaselineFile(request)
    checked = request.run(paths or (".",))
    compared = baseline.compare(checked)
    baseline.write(compared.kept)
    tell(f"note: {_entries(len(compared.fixed))} dropped, {len(compared.kept)} left")
    return EXIT_CODE if checked.found.errors else 0


def _request(globals_: dict[str, Any], options: dict[str, Any]) -> Request:
    from pgleak_lint.cli.request import Request

    request = Request(merged_globals(globals_, options), options)
    if request.settings.baseline is None:
        raise CliError("no baseline is named; add --baseline FILE, or set baseline in the settings")
    return request


def _entries(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"


def _since(path: str) -> dict[Entry, str]:
    """Since when each entry is there, as far as git knows."""
    from pathlib import Path

    from pgleak_lint.source.git import GitError, git

    file = Path(path).resolve()
    try:
        blame = git(file.parent, "blame", "--porcelain", "--", file.name)
    except GitError:
        return {}
    return dict(_dated(blame.decode("utf-8", "replace")))


def _dated(blame: str) -> Iterator[tuple[Entry, str]]:
    import datetime
    import re

    from pgleak_lint.findings.baseline import BaselineError, parse

    days: dict[str, str] = {}
    commit = ""
    for line in blame.split("\n"):
        if head := re.match(r"([0-9a-f]{40,64}) \d+ \d+", line):
            commit = head[1]
        elif line.startswith("author-time "):
            moment = datetime.datetime.fromtimestamp(int(line.split()[1]), datetime.timezone.utc)
            days[commit] = f"since {moment.date().isoformat()}" if commit.strip("0") else "not committed"
        elif line.startswith("\t{"):
            try:
                (entry,) = parse('{"version": 1, "findings": [' + line.strip().rstrip(",") + "]}")
            except (BaselineError, ValueError):
                continue
            yield entry, days.get(commit, "")
