"""``pgleak-lint merge``: the json reports of several runs (the shards of a CI matrix) as one report."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pgleak_lint.cli.check import repository_root, shows_links, wants_color, write_output
from pgleak_lint.cli.errors import CliError
from pgleak_lint.cli.options import global_options, merged_globals

if TYPE_CHECKING:
    from pgleak_lint.report.reading import ReadReport


@click.command("merge", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.argument("reports", nargs=-1, required=True, metavar="REPORT.json...")
@click.option("--output-format", default="text", metavar="F", help="The format, as of check.")
@click.option("--output-file", metavar="PATH", help="Write the report there.")
@click.option("--statistics", is_flag=True, help="Count findings by rule and by pool.")
@click.option("--no-trace", is_flag=True, help="Without the paths.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 even with findings.")
@global_options
@click.pass_obj
def command(globals_: dict[str, Any], /, reports: tuple[str, ...], **options: Any) -> int:
    """Join json reports of check, with the worst of their exit codes."""
    from pgleak_lint._version import __version__
    from pgleak_lint.report import FORMATS, renderer
    from pgleak_lint.report.view import View

    merged = merged_globals(globals_, options)
    if options["output_format"] not in FORMATS:
        raise CliError(f"--output-format: '{options['output_format']}' is not one of {', '.join(FORMATS)}")
    read = [_read(path) for path in reports]
    bases = {report.base_dir for report in read}
    if len(bases) > 1:
        raise CliError(
            f"{reports[-1]}: its paths begin at {read[-1].base_dir}, those of {reports[0]} at {read[0].base_dir}"
        )
    codes = [report.summary["exit_code"] for report in read]
    code = max(codes)
    base = repository_root(Path.cwd())
    to_terminal = sys.stdout.isatty() and options["output_file"] is None
    view = View(
        findings=_once([finding for report in read for finding in report.findings]),
        suppressed=(),
        diagnostics=_once([found for report in read for found in report.diagnostics]),
        files_checked=sum(report.summary["files_checked"] for report in read),
        files_not_checked=sum(report.summary["files_not_checked"] for report in read),
        acquire_sites=sum(report.summary["acquire_sites"] for report in read),
        unrecognised=(),
        exit_code=0 if code == 1 and options["exit_zero"] else code,
        version=__version__,
        base_dir=read[0].base_dir,
        lines_of=lru_cache(maxsize=64)(lambda path: _lines_of(base / path)),
        shown_path=lambda path: path,
        statistics=options["statistics"],
        trace=not options["no_trace"],
        quiet=merged["quiet"],
        color=wants_color(merged["color"], to_terminal=to_terminal),
        links=to_terminal and shows_links(os.environ),
    )
    write_output(renderer(options["output_format"])(view), options["output_file"])
    return view.exit_code


def _read(path: str) -> ReadReport:
    from pgleak_lint.report.reading import NoReport, read_report

    try:
        return read_report(Path(path).read_text("utf-8"))
    except FileNotFoundError:
        raise CliError(f"no such file: {path}") from None
    except (OSError, UnicodeError) as error:
        raise CliError(f"cannot read {path}: {(getattr(error, 'strerror', None) or 'not text').lower()}") from None
    except NoReport as error:
        raise CliError(f"{path}: {error}") from None


def _once(found: Sequence[Any]) -> list[Any]:
    """In the order of a report, each once: two shards may have been given the same file."""
    return sorted(dict.fromkeys(found), key=lambda it: (it.path, it.span or (0, 0, 0, 0), it.code))


def _lines_of(path: Path) -> Sequence[str]:
    from pgleak_lint.source.document import decode, read_file, split_lines

    data = read_file(os.fspath(path))
    text = decode(data) if isinstance(data, bytes) else ""
    return split_lines(text) if isinstance(text, str) else []
