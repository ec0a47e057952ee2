"""What the header of a function says: read from its syntax tree when somebody asks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Union

from pgleak_lint.cfg.graph import Parameter
from pgleak_lint.cfg.outline.lines import Lines

UnitNode = Union[ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp]


def parameters_of(lines: Lines, node: UnitNode) -> tuple[Parameter, ...]:
    """The parameters of a function or a lambda; none of anything else."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return ()
    text = lines.text
    return tuple(
        Parameter(
            argument.arg,
            kind,
            text(argument.annotation) if argument.annotation is not None else None,
            text(default) if default is not None else None,
        )
        for kind, argument, default in _arguments(node.args)
    )


def _arguments(arguments: ast.arguments) -> Iterator[tuple[str, ast.arg, ast.expr | None]]:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [*([None] * (len(plain) - len(arguments.defaults))), *arguments.defaults]
    for position, (argument, default) in enumerate(zip(plain, defaults)):
        yield "positional-only" if position < len(arguments.posonlyargs) else "positional", argument, default
    if arguments.vararg is not None:
        yield "*", arguments.vararg, None
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        yield "keyword-only", argument, default
    if arguments.kwarg is not None:
        yield "**", arguments.kwarg, None


def returns_of(lines: Lines, node: UnitNode) -> str | None:
    """The annotation of what a function returns."""
    annotation = getattr(node, "returns", None)
    return lines.text(annotation) if annotation is not None else None


def decorators_of(lines: Lines, node: UnitNode) -> tuple[str, ...]:
    """The decorators, without ``@``."""
    return tuple(map(lines.text, getattr(node, "decorator_list", ())))


def bases_of(lines: Lines, node: UnitNode) -> tuple[str, ...]:
    """The bases of a class."""
    if not isinstance(node, ast.ClassDef):
        return ()
    return tuple(lines.text(base.value if isinstance(base, ast.Starred) else base) for base in node.bases)
