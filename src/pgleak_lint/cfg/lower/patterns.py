"""``match``: each case is a test of the subject, its captures, its guard."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.lower.branches import lower_test
from pgleak_lint.cfg.lower.context import UnitLowering

_SINGLETONS = {"None": "none", "True": "true", "False": "false"}


def lower_match(unit: UnitLowering, node: cst.Match) -> None:
    """The subject is evaluated once; the first case that matches runs."""
    from pgleak_lint.cfg.lower.expressions import lower_expression
    from pgleak_lint.cfg.lower.statements import lower_suite

    builder, span = unit.builder, unit.span(node.subject)
    subject = unit.keep(lower_expression(unit, node.subject), "match", span)
    after = builder.new_block()
    for case in node.cases:
        following = builder.new_block()
        _lower_pattern(unit, case.pattern, subject, following)
        if case.guard is not None:
            passed = builder.new_block()
            lower_test(unit, case.guard, passed, following)
            builder.current = passed
        lower_suite(unit, case.body)
        builder.jump(after)
        builder.current = following
    builder.jump(after)
    builder.current = after
    unit.emit(ops.Delete(subject, span))


def _lower_pattern(unit: UnitLowering, pattern: cst.MatchPattern, subject: str, otherwise: int) -> None:
    """Go on in the current block if the pattern matches, else at ``otherwise``."""
    span = unit.span(pattern)
    if isinstance(pattern, cst.MatchAs):
        if pattern.pattern is not None:
            _lower_pattern(unit, pattern.pattern, subject, otherwise)
        if pattern.name is not None:
            value = unit.load(subject, span)
            unit.emit(ops.Store(unit.bind(pattern.name.value), value, unit.span(pattern.name)))
        return
    builder = unit.builder
    matched = builder.new_block()
    if isinstance(pattern, cst.MatchOr):
        for alternative in pattern.patterns:
            following = builder.new_block()
            _lower_pattern(unit, alternative.pattern, subject, following)
            builder.jump(matched)
            builder.current = following
        builder.jump(otherwise)
        builder.current = matched
        return
    if isinstance(pattern, cst.MatchClass) and (pattern.patterns or pattern.kwds):
        # Two tests, so that the false way of the first one means "not of that class" and nothing else.
        of_class, temp = builder.new_block(), unit.temp()
        unit.emit(_pattern_test(unit, pattern, temp, subject))
        builder.branch(ops.Branch(temp, span), of_class, otherwise)
        builder.current, temp = of_class, unit.temp()
        unit.emit(ops.MatchTest(temp, subject, "other", span))
    else:
        temp = unit.temp()
        unit.emit(_pattern_test(unit, pattern, temp, subject))
    builder.branch(ops.Branch(temp, span), matched, otherwise)
    builder.current = matched
    for name in _captures(pattern):
        part = unit.temp()
        unit.emit(ops.Unknown(part, unit.span(name)))
        unit.emit(ops.Store(unit.bind(name.value), part, unit.span(name)))


def _pattern_test(unit: UnitLowering, pattern: cst.MatchPattern, temp: ops.Temp, subject: str) -> ops.MatchTest:
    from pgleak_lint.cfg.lower.expressions import dotted_name

    span = unit.span(pattern)
    match pattern:
        case cst.MatchSingleton(value=value):
            return ops.MatchTest(temp, subject, _SINGLETONS[value.value], span)
        case cst.MatchValue(value=value):
            try:
                constant = ast.literal_eval(unit.text(value))
            except (ValueError, SyntaxError):
                return ops.MatchTest(temp, subject, "other", span)
            return ops.MatchTest(temp, subject, "value", span, constant=constant)
        case cst.MatchClass(cls=class_):
            return ops.MatchTest(temp, subject, "class", span, class_name=dotted_name(class_))
        case cst.MatchSequence():
            return ops.MatchTest(temp, subject, "sequence", span)
        case cst.MatchMapping():
            return ops.MatchTest(temp, subject, "mapping", span)
    return ops.MatchTest(temp, subject, "other", span)


def _captures(pattern: cst.MatchPattern) -> Iterator[cst.Name]:
    """The names that parts of the subject are bound to."""
    pending: list[cst.CSTNode] = list(pattern.children)
    while pending:
        node = pending.pop()
        name = getattr(node, "name", None) if isinstance(node, cst.MatchAs | cst.MatchStar) else None
        rest = getattr(node, "rest", None) if isinstance(node, cst.MatchMapping) else None
        yield from (found for found in (name, rest) if isinstance(found, cst.Name))
        pending.extend(node.children)
    own = getattr(pattern, "rest", None) if isinstance(pattern, cst.MatchMapping) else None
    if isinstance(own, cst.Name):
        yield own
