"""Feasibility: which way a test can go in one world, and what each way teaches.

A test on an unchanged path is correlated with the same test later, because what it taught is kept under the path's
text until something assigns to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgleak_lint.analysis.state import Key
from pgleak_lint.analysis.values import (
    Asked,
    Condition,
    Falsy,
    Known,
    Path,
    Ref,
    Thing,
    Unbound,
    Value,
    is_none,
    truth,
)

NONE = Known.of(None)
TRUE = Known.of(True)
FALSE = Known.of(False)
Environment = dict[Key, Value]


def boolean(value: bool) -> Known:
    """The constant for a decided test."""
    return TRUE if value else FALSE


def negation(value: Value | None) -> Value | None:
    """``not value``."""
    match value:
        case Condition():
            return Condition(value.kind, value.path, value.constant, not value.negated)
        case Path(text=text):
            return Condition("truth", text, negated=True)
        case Asked(closed=closed):
            return Asked(not closed)
    known = truth(value)
    return None if known is None else boolean(not known)


def identity(left: Value | None, right: Value | None, *, negated: bool) -> Value | None:
    """``left is right`` (or ``is not``)."""
    if isinstance(left, Path | Ref) and left == right:
        return boolean(not negated)
    for value, other in ((left, right), (right, left)):
        if other == NONE:
            if isinstance(value, Path):
                return Condition("none", value.text, negated=negated)
            known = is_none(value)
            return None if known is None else boolean(known is not negated)
        if isinstance(other, Known) and isinstance(other.value, bool):
            return _equal(value, other, negated=negated)
    return None


def equality(left: Value | None, right: Value | None, *, negated: bool) -> Value | None:
    """``left == right`` (or ``!=``), decided where one side is a constant."""
    for value, other in ((left, right), (right, left)):
        if isinstance(other, Known):
            return identity(value, other, negated=negated) if other == NONE else _equal(value, other, negated=negated)
    return None


def _equal(value: Value | None, constant: Known, *, negated: bool) -> Value | None:
    if isinstance(value, Path):
        return Condition("equal", value.text, constant, negated)
    if isinstance(value, Asked):  # psycopg2's `closed` is a number: 0 is open
        return Asked(value.closed is (bool(constant.value) is not negated))
    if isinstance(value, Known):
        return boolean((value.value == constant.value) is not negated)
    return None


def outcomes(value: Value | None, environment: Environment) -> Iterator[tuple[bool, Environment]]:
    """The feasible outcomes of a test, each with what is known then. True comes first."""
    decided = truth(value)
    if isinstance(value, Condition):
        decided = decide(value, environment)
    elif isinstance(value, Path):
        decided = truth(environment.get(value.text))
    if decided is not None:
        yield decided, environment
        return
    for outcome in (True, False):
        learned = _learn(value, outcome, environment)
        if learned is not None:
            yield outcome, learned


def decide(condition: Condition, environment: Environment) -> bool | None:
    """A condition may have been decided since it was made (``flag = x is None`` stored, then ``x`` tested)."""
    value = environment.get(condition.path)
    match condition.kind:
        case "none":
            known = is_none(value)
        case "truth" | "fact":
            known = truth(value)
        case _:
            known = value.value == condition.constant.value if isinstance(value, Known) and condition.constant else None
            if known is None and condition.constant is not None:
                fact = environment.get(equal_fact(condition))
                known = truth(fact) if fact is not None else None
    return None if known is None else known is not condition.negated


def equal_fact(condition: Condition) -> str:
    """The key under which "it is not that constant" is kept."""
    constant = condition.constant
    return f"?{condition.path} == {constant_text(constant.value)}" if constant is not None else f"?{condition.path}"


def constant_text(value: object) -> str:
    """A constant as it stands in the key of an opaque test: without white space, which separates the operands."""
    return repr(value).replace(" ", "_")


def _learn(value: Value | None, outcome: bool, environment: Environment) -> Environment | None:
    match value:
        case Path(text=text):
            return _with(
                environment, text, _truthy(environment.get(text)) if outcome else _falsy(environment.get(text))
            )
        case Condition(kind=kind, path=path, constant=constant, negated=negated):
            positive = outcome is not negated
            known = environment.get(path)
            if kind == "none":
                return _with(environment, path, NONE if positive else (known or Thing(truthy=False)))
            if kind == "equal" and constant is not None:
                if positive:
                    return _with(environment, path, constant)
                return _with(environment, equal_fact(value), FALSE)
            if kind == "fact":
                return _with(environment, path, boolean(positive))
            return _with(environment, path, _truthy(known) if positive else _falsy(known))
    return environment


def _truthy(known: Value | None) -> Value | None:
    if known is None or isinstance(known, Thing | Unbound):
        return Thing(truthy=True)
    return known


def _falsy(known: Value | None) -> Value | None:
    return Falsy() if known is None or isinstance(known, Thing | Unbound) else known


def _with(environment: Environment, key: str, value: Value | None) -> Environment:
    if value is None or environment.get(key) == value:
        return environment
    changed = dict(environment)
    changed[key] = value
    return changed
