"""``pgleak-lint debug``: internals for contributors; nothing here is stable."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pgleak_lint._spelling import GENEROUS, did_you_mean
from pgleak_lint.cli.errors import CliError
from pgleak_lint.cli.options import SuggestingGroup


@click.group(
    "debug", cls=SuggestingGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80}
)
def command() -> None:
    """Print internals, for contributors."""


@command.command("cfg")
@click.argument("target", metavar="FILE::FUNCTION")
@click.option("--format", "shape", default="both", metavar="F", help="text, mermaid or both.")
def cfg(target: str, shape: str) -> int:
    """Print the control-flow graph of a function, as text and as Mermaid."""
    from pgleak_lint.source.deep_stack import run_with_deep_stack

    if shape not in ("text", "mermaid", "both"):
        raise CliError(f"--format: '{shape}' is not one of text, mermaid, both")
    file, _, function = target.partition("::")
    click.echo(run_with_deep_stack(lambda: _graph(file, function or "<module>", shape)))
    return 0


@command.command("summary")
@click.argument("target", metavar="FILE::FUNCTION")
def summary(target: str) -> int:
    """Print what is known about a function or class, with its project around it."""
    from pgleak_lint.source.deep_stack import run_with_deep_stack

    file, _, function = target.partition("::")
    click.echo(run_with_deep_stack(lambda: _summary(file, function or "<module>")))
    return 0


def _summary(file: str, function: str) -> str:
    from pgleak_lint.analysis.describe import describe
    from pgleak_lint.analysis.options import AnalysisOptions
    from pgleak_lint.analysis.program import Program
    from pgleak_lint.config.settings import Settings
    from pgleak_lint.pipeline.project import project_of
    from pgleak_lint.source.document import Fault

    project = project_of(Settings(root=os.getcwd()))
    text = _text_of(file)
    source = project.read(os.path.abspath(file), file, text)
    if isinstance(source, Fault):
        raise CliError(f"{file}: {source.message}")
    this = Program(project.catalog, AnalysisOptions(), project).enter(source)
    units = {unit.qualname: unit for unit in source.module.units if unit.outline is not None}  # opens all of them
    if function not in units:
        raise CliError(f"{file} has no function '{function}'{did_you_mean(function, units, GENEROUS)}")
    return "\n".join(describe(this, units[function]))


def _text_of(file: str) -> str:
    from pgleak_lint.source.document import Fault, check_syntax, decode, read_file

    if not Path(file).exists():
        raise CliError(f"no such file or directory: {file}")
    data = read_file(file)
    text = data if isinstance(data, Fault) else decode(data)
    fault = text if isinstance(text, Fault) else check_syntax(text)
    if isinstance(text, Fault) or fault is not None:
        raise CliError(f"{file}: {fault.message if fault else ''}")  # `fault` is `text` where that is one
    return text


def _graph(file: str, function: str, shape: str) -> str:
    from pgleak_lint.cfg.lower import lower_module
    from pgleak_lint.cfg.render import render_mermaid, render_text
    from pgleak_lint.source.document import Fault, parse_tree

    tree = parse_tree(_text_of(file))
    if isinstance(tree, Fault):
        raise CliError(f"{file}: {tree.message}")
    units = {unit.qualname: unit for unit in lower_module(tree).units}
    unit = units.get(function)
    if unit is None:
        raise CliError(f"{file} has no function '{function}'{did_you_mean(function, units, GENEROUS)}")
    parts = []
    if shape in ("text", "both"):
        parts.append(render_text(unit))
    if shape in ("mermaid", "both"):
        parts.append(render_mermaid(unit))
    return "\n".join(parts)
