"""``pgleak-lint graph FILE::FUNCTION``: the control flow of a function, with the path marked on which it leaks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pgleak_lint._spelling import GENEROUS, did_you_mean
from pgleak_lint.cli.check import write_output
from pgleak_lint.cli.errors import CliError

if TYPE_CHECKING:
    from pgleak_lint.report.flowchart import Flowchart

FORMATS = ("mermaid", "dot", "svg")


@click.command("graph", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.argument("target", metavar="FILE::FUNCTION")
@click.option("--format", "shape", default="mermaid", metavar="F", help="mermaid, dot or svg.")
@click.option("--output-file", metavar="PATH", help="Write the graph there.")
@click.option("--line", type=int, metavar="N", help="Mark the finding on this line, not the first one.")
def command(target: str, shape: str, output_file: str | None, line: int | None) -> int:
    """Print the control-flow graph of a function, its leaking path marked.

    Methods are CLASS.METHOD; without ::FUNCTION it is the module.
    """
    from pgleak_lint.report import flowchart_svg, flowchart_text

    if shape not in FORMATS:
        raise CliError(f"--format: '{shape}' is not one of {', '.join(FORMATS)}")
    file, _, function = target.partition("::")
    chart = _chart(file, function or "<module>", line)
    render = {"mermaid": flowchart_text.mermaid, "dot": flowchart_text.dot, "svg": flowchart_svg.svg}[shape]
    write_output(render(chart), output_file)
    return 0


def _chart(file: str, function: str, line: int | None) -> Flowchart:
    from pgleak_lint.pipeline.api import check_paths
    from pgleak_lint.report.flowchart import flowchart
    from pgleak_lint.report.flowchart_unit import unit_of
    from pgleak_lint.source.document import Fault, decode, read_file, split_lines

    if not Path(file).exists():
        raise CliError(f"no such file or directory: {file}")
    data = read_file(file)
    text = data if isinstance(data, Fault) else decode(data)
    units = text if isinstance(text, Fault) else unit_of(text, function)
    if isinstance(text, Fault) or isinstance(units, Fault):
        fault = text if isinstance(text, Fault) else units
        raise CliError(f"{file}: {fault.message}" if isinstance(fault, Fault) else file)
    if isinstance(units, list):
        raise CliError(f"{file} has no function '{function}'{did_you_mean(function, units, GENEROUS)}")
    own = "" if function == "<module>" else function
    found = [
        finding
        for finding in check_paths([file]).findings
        if finding.function in (function, own) and line in (None, finding.span.line)
    ]
    if line is not None and not found:
        raise CliError(f"--line: no finding in '{function}' on line {line}")
    try:
        return flowchart(units, split_lines(text), found[0] if found else None)
    except ValueError as error:
        raise CliError(f"{file}::{function}: {error}") from None
