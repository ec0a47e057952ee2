"""The text of a module without the bodies of functions that use nothing which leads to an acquire: the parser reads it in a third of
the time. What is left stands where it stood."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from pgleak_lint._record import record
from pgleak_lint.cfg.outline.uses import may_use
from pgleak_lint.source.bodies import Bodies, Body, bodies_of, most_units

Head = tuple[int, int]
"""Line (from 1) and column (from 0) of a ``def`` or ``async``, as `ast` has them."""


@record
class Cut:
    """A function without its body. ``text``: its lines, from that with the ``def`` on; ``header``: how many characters of them are not of
    its body; ``code``: the text of that, as `Bodies.code_of` has it; ``inner``: how many other units may stand in it."""

    text: str
    header: int
    code: str
    inner: int


@record
class Skeleton:
    """``text`` is as long as the module, with as many lines; ``cuts`` are the functions whose bodies it lacks."""

    text: str
    cuts: Mapping[Head, Cut]


def skeleton_of(text: str, leading: frozenset[str]) -> Skeleton | None:
    """The skeleton of a module in which functions that use one of the names ``leading`` keep their bodies, and those in which classes
    stand; None if there is nothing to cut out, or it is hard to tell where."""
    bodies = bodies_of(text)
    if bodies is None:
        return None
    cuts: dict[Head, Cut] = {}
    parts: list[str] = []
    done = 0
    mentioned = [*sorted(place for name in leading for place in _places(text, name)), len(text)]
    is_ascii = text.isascii()
    for body in bodies.found:
        is_mentioned = mentioned[bisect_left(mentioned, body.start)] < body.end
        cut = _cut(bodies, body, leading if is_mentioned else ()) if is_ascii or _is_ascii(text, body) else None
        if cut is not None:
            cuts[body.line, body.column] = cut
            parts += (text[done : body.start], _stub(text, body))
            done = body.end
    if not cuts:
        return None
    return Skeleton("".join([*parts, text[done:]]), cuts)


def _places(text: str, name: str) -> Iterator[int]:
    place = text.find(name)
    while place >= 0:
        yield place
        place = text.find(name, place + 1)


def _cut(bodies: Bodies, body: Body, names: Iterable[str]) -> Cut | None:
    """The function if it can wait."""
    code = bodies.code_of(body)
    if code is None or "class " in code or any(name in code and may_use(code, name) for name in names):
        return None
    return Cut(bodies.text[body.head : body.end], body.start - body.head, code, most_units(code))


def _is_ascii(text: str, body: Body) -> bool:
    return text[body.head : body.end].isascii()


def _stub(text: str, body: Body) -> str:
    """A statement that starts and ends on the lines of the body, and ends where it ends: so does all that it is the end of."""
    lines = text.count("\n", body.start, body.end)
    width = body.end - max(text.rfind("\n", 0, body.end) + 1, body.start)
    if lines == 0:
        return " " * (width - 1) + "0"
    return " " * (body.column + 1) + "(0" + "\n" * lines + " " * (width - 1) + ")"
