"""Records are dataclasses, as far as anybody can tell."""

from __future__ import annotations

import pickle
from dataclasses import field, fields, is_dataclass, replace

from pgleak_lint._record import record


@record
class Point:
    """A place."""

    x: int
    y: tuple[str, ...] = ()
    note: str = field(default="", compare=False)
    seen: dict[str, int] = field(default_factory=dict, compare=False, repr=False)


@record
class Other:
    """Something else with the same fields."""

    x: int
    y: tuple[str, ...] = ()


@record
class Nothing:
    """No fields."""


@record
class Single:
    """One field."""

    value: object


def test_equality() -> None:
    assert Point(1) == Point(1, note="b", seen={"a": 1})
    assert Point(1) != Point(2)
    assert Point(1, ("a",)) != Point(1)
    assert Point(1) != Other(1)
    assert Single(1) != 1
    assert Nothing() == Nothing()
    assert Nothing() != Single(None)


def test_hash() -> None:
    assert len({Point(1), Point(1, note="b"), Point(1, ("a",)), Point(2)}) == 3
    assert hash(Nothing()) == hash(Nothing())
    assert len({Single(1), Single(1), Single("1"), Single((1,))}) == 3


def test_representation() -> None:
    assert repr(Point(1, ("a",), "n", {"hidden": 1})) == "Point(x=1, y=('a',), note='n')"
    assert repr(Nothing()) == "Nothing()"


def test_dataclass_functions() -> None:
    assert is_dataclass(Point)
    assert [found.name for found in fields(Point)] == ["x", "y", "note", "seen"]  # type: ignore[arg-type]
    changed = replace(Point(1, note="kept"), x=2)  # type: ignore[type-var]
    assert (changed, changed.note) == (Point(2), "kept")
    assert Point(1).seen is not Point(1).seen


def test_pickle() -> None:
    again = pickle.loads(pickle.dumps(Point(1, ("a",), "n", {"b": 2})))
    assert (again, again.note, again.seen) == (Point(1, ("a",)), "n", {"b": 2})


def test_no_dictionary() -> None:
    assert not hasattr(Point(1), "__dict__")
