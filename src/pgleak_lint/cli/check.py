"""``pgleak-lint check``: options to settings, the run, a format, an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from pgleak_lint.cli.errors import CliError, forget_output, tell
from pgleak_lint.cli.options import SectionedCommand, global_options, merged_globals
from pgleak_lint.cli.settings import setting_options


class CheckCommand(SectionedCommand):
    """``check``, with its options in the sections of the documentation."""

    sections = {
        "Rules": ("preset", "select", "extend_select", "ignore", "evidence", "strict"),
        "Files": ("exclude", "extend_exclude", "no_exclude", "stdin_filename", "diff_base"),
        "Output": (
            "output_format", "output_file", "report", "statistics", "show_suppressed", "show_baselined", "path_base", "no_trace", "color", "quiet",
        ),
        "Outcome": ("fail_on", "exit_zero"),
        "Accept": ("baseline", "write_baseline", "add_ignores", "no_suppressions"),
        "Run": ("jobs", "no_cache", "cache_dir", "shard", "watch", "progress", "config", "isolated", "verbose", "debug"),
    }  # fmt: skip

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # else click takes the path behind the option for the reason
        return super().parse_args(ctx, [f"{word}=" if word == "--add-ignores" else word for word in args])


_EPILOG = """\b
Examples:
  pgleak-lint check src
  pgleak-lint check --select PGL1 --evidence proven src
  git show HEAD:app/db.py | pgleak-lint check --stdin-filename app/db.py -
"""


def _reports(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> list[tuple[str, str]]:
    from pgleak_lint.report import FORMATS

    found = []
    for value in values:
        name, _, path = value.partition("=")
        if name not in FORMATS:
            raise CliError(f"--report: '{name}' is not one of {', '.join(FORMATS)}")
        if not path:
            raise CliError(f"--report: no file is named for '{name}': --report {name}=PATH")
        found.append((name, path))
    return found


def _shard(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    part, _, parts = value.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise CliError(f"--shard: expected a part and the number of parts, such as 2/4, got '{value}'")
    return int(part), int(parts)


def _progress(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value not in ("auto", "never"):
        raise CliError(f"--progress: '{value}' is not one of auto, never")
    return value


@click.command(
    "check",
    cls=CheckCommand,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.argument("paths", nargs=-1)
@setting_options
@click.option("--stdin-filename", metavar="PATH", help="What the text on standard input stands for.")
@click.option("--diff-base", metavar="REV", help="Only what changed since this branch left REV.")
@click.option("--output-file", metavar="PATH", help="Write the report there.")
@click.option("--report", multiple=True, metavar="F=PATH", callback=_reports, help="Write another report there.")
@click.option("--path-base", metavar="DIR", help="Paths in machine formats are relative to it.")
@click.option("--statistics", is_flag=True, help="Count findings by rule and by pool.")
@click.option("--show-suppressed", is_flag=True, help="Tell suppressed findings too.")
@click.option("--show-baselined", is_flag=True, help="Tell findings in the baseline too.")
@click.option("--write-baseline", is_flag=True, help="Write all findings to the baseline.")
@click.option("--add-ignores", metavar="[=REASON]", help="Write suppression comments for what is found.")
@click.option("--no-suppressions", is_flag=True, help="Ignore suppression comments.")
@click.option("--no-trace", is_flag=True, help="Without the paths.")
@click.option("--watch", is_flag=True, help="Check again when a file changes.")
@click.option("--shard", metavar="I/N", callback=_shard, help="Only part I of N of the files.")
@click.option("--no-cache", is_flag=True, help="Neither read nor keep results.")
@click.option("--everything", is_flag=True, hidden=True, help="Analyse all, whatever the words and names say.")
@click.option("--progress", default="auto", metavar="WHEN", callback=_progress, help="auto or never.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 even with findings.")
@global_options
@click.pass_obj
def command(globals_: dict[str, Any], /, paths: tuple[str, ...], **options: Any) -> int:
    """Find leaked connections in PATHS (default: the current folder).

    A path may be a file or a folder; - is standard input.
    """
    from pgleak_lint.cli.session import Session

    merged = merged_globals(globals_, options)
    if options["watch"]:
        return _watch(merged, paths or (".",), options)
    return Session(merged, options).check(paths or (".",))


def _watch(globals_: dict[str, Any], paths: Sequence[str], options: dict[str, Any]) -> int:
    from pgleak_lint.cli.session import Session
    from pgleak_lint.cli.watch import watch

    for name in ("write_baseline", "add_ignores"):
        if options[name] not in (None, False):
            raise CliError(f"--watch and --{name.replace('_', '-')} exclude each other")
    if "-" in paths:
        raise CliError("--watch cannot be used with standard input")

    def check() -> tuple[int, int]:
        try:
            session = Session(globals_, options)
            session.check(paths)
        except CliError as error:  # a settings file in the midst of an edit
            for line in error.lines:
                tell(f"error: {line}")
            return 0, 0
        return session.counts

    watch(paths, check)
    return 0


def jobs_of(text: str) -> int:
    """The number of processes that the setting ``jobs`` asks for."""
    from pgleak_lint.pipeline.run import available_jobs

    return available_jobs() if text == "auto" else int(text)


def wants_color(when: str, *, to_terminal: bool) -> bool:
    """``--color`` beats ``NO_COLOR``, which beats ``FORCE_COLOR``, which beats what the stream is."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return to_terminal and os.environ.get("TERM") != "dumb"


def shows_links(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to show hyperlinks; one that does not would print them."""
    if environ.get("TERM") == "dumb" or environ.get("NO_COLOR"):
        return False
    program = environ.get("TERM_PROGRAM", "")
    if program in ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper") or environ.get("WT_SESSION"):
        return True
    return environ.get("TERM", "") in ("xterm-kitty", "xterm-ghostty") or environ.get("VTE_VERSION", "0") >= "5000"


def repository_root(start: Path) -> Path:
    """The nearest folder with ``.git``, else ``start``."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), start)


def relative_to_base(path: str, base: Path) -> str:
    """The path as seen from an absolute folder, with ``/``; as an absolute one if it is not below."""
    if path.startswith("<"):
        return path
    absolute = Path(os.path.abspath(path))
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else absolute.as_posix()


def write_output(text: str, path: str | None) -> None:
    """Print the report, or write it to a file whose folders are made. A closed pipe ends it quietly."""
    if path is None:
        _print(text)
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise CliError(f"cannot write {path}: not a directory") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "unknown error"
        raise CliError(f"cannot write {path}: {reason.lower()}") from None


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        forget_output()
    except OSError as error:
        forget_output()
        raise CliError(f"cannot write standard output: {(error.strerror or 'unknown error').lower()}") from None
