"""Whether a function uses a name, told from its text: a cheap no before anybody parses it.

What `pgleak_lint.cfg.outline.named` tells from the syntax tree; a yes may be wrong, a no is right for the bodies of functions in which no
classes stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from keyword import kwlist
from typing import NamedTuple

from pgleak_lint.cfg.passing import passes_on
from pgleak_lint.source.strings import before_on_line

_NOT_CALLED = frozenset({*kwlist, "match", "case"})
"""What may stand before a parenthesis without being called."""
_BEHIND = re.compile(r"\s*(?:(?P<dot>\.\s*[^\W\d])|(?P<set>=\s*[\w\"'(\[{+~@-])|(?P<listed>[,)]))")
_CALL = re.compile(r" *\(")
_PATH = re.compile(r"(?:\w+\.)*")
_GIVEN = re.compile(r"[(,]\s*(?:\w+\s*=\s*)?(?:\w+\s*\.\s*)*\Z")
_ANNOTATED = re.compile(r"^ *[\w.]+ *: *[^\s=]", re.MULTILINE)
"""What may be an annotated variable; its annotation may go on on other lines."""
_FOR = re.compile(r"\bfor\b")
_CALLEE = re.compile(r"\w+\Z")
_READ = re.compile(
    r"[ ]*(?:[.(\[]|[=!<>]=|[<>](?![<>])|[-+%|&^@](?!=)|\*(?![*=])|/(?![/=])|(?:and|or|is|if|else|not|for)\b"
    r"|(?P<listed>[,)])|(?P<end>\Z|\n(?!\s*[,)\]=:])))"
)
"""What stands behind an attribute that is only read; where one is listed, that depends on what stands before."""
_FORMATTED = re.compile(r"[fFtT][rR]?['\"]")
_KEY = re.compile(r"(['\"])\s*\]")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|(?P<comment>#[^\n]*)", re.DOTALL)
_COMMENT = re.compile(r"0#[^\n]*")
_LONGEST = 400
"""Characters in which the start of a call is looked for."""


def may_use(code: str, name: str, *, calls: bool = True) -> bool:
    """Whether the value of a variable, or of an attribute, of that name may be used in the text of a function's body for more
    than one of its attributes, and for more than to be handed to a function that does nothing else with it. ``calls``: a call of it counts."""
    if not _is_used(code, name, calls):
        return False
    bare = _without_strings(code)
    return bare is code or _is_used(bare, name, calls)


def _is_used(code: str, name: str, calls: bool) -> bool:
    for start in _places(code, name):
        end = start + len(name)
        if not _is_harmless(code, start, end) and (calls or _CALL.match(code, end) is None):
            return True
    return False


def may_store(code: str, name: str) -> bool:
    """Whether an attribute of that name, or something under that key, may be set in the text of a function's body."""
    return any(_may_be_stored(code, start, start + len(name)) for start in _places(code, name))


def _may_be_stored(code: str, start: int, end: int) -> bool:
    before = code[start - 1 : start]
    if before in ("'", '"'):
        closing = _KEY.match(code, end)
        end = closing.end() if closing is not None else end
        if closing is None or closing[1] != before:
            return False
    elif before != "." and not code[max(start - 20, 0) : start].rstrip().endswith("."):
        return False
    read = _READ.match(code, end)
    if read is None or (read["end"] is not None and _traits_of(code).deletes):
        return True
    return read["listed"] is not None and not _is_argument(code, start)


class Traits(NamedTuple):
    """What may be in the text of a body."""

    annotated: bool
    patterns: bool
    lambdas: bool
    deletes: bool


@lru_cache(maxsize=4)  # asked about one text after the other, once for each place in it
def _traits_of(code: str) -> Traits:
    return Traits(_ANNOTATED.search(code) is not None, "case" in code, "lambda" in code, "del" in code)


@lru_cache(maxsize=4)
def _without_strings(code: str) -> str:
    """The text of a body without comments, and without strings where none can hold code or an annotation."""
    if "def " in code or ("{" in code and _FORMATTED.search(code)) or _traits_of(code).annotated:
        return code
    return _COMMENT.sub("", _STRING.sub(r"0\g<comment>", code))


def _places(code: str, name: str) -> Iterator[int]:
    """Where a word stands."""
    start = code.find(name)
    while start >= 0:
        end = start + len(name)
        if not _continues(code[start - 1 : start]) and not _continues(code[end : end + 1]):
            yield start
        start = code.find(name, end)


def _continues(character: str) -> bool:
    return character.isalnum() or character == "_"


def _is_harmless(code: str, start: int, end: int) -> bool:
    """Whether a name stands before an attribute, is set, or is handed over."""
    behind = _BEHIND.match(code, end)
    if behind is None:
        return False
    traits, before = _traits_of(code), before_on_line(code, start)
    if before is None:
        return False
    if behind["dot"]:
        return ":" not in before and "->" not in before and not traits.annotated
    if behind["set"]:
        if traits.patterns:
            return False
        if _PATH.fullmatch(before.strip(" ")):
            return not code.endswith("\\\n", 0, start - len(before))
        return before.rstrip(" ")[-1] in "(,"
    if traits.lambdas:  # it may be a default
        return False
    callee = _call_of(code, start)
    return callee is not None and not passes_on(callee[0])


def _is_argument(code: str, start: int) -> bool:
    """Whether what stands there is an argument of a call."""
    callee = _call_of(code, start)
    return callee is not None and _FOR.search(code, callee.end(), start) is None


def _call_of(code: str, start: int) -> re.Match[str] | None:
    """The last word of what is called with an argument that stands there; None if that is no plain argument."""
    if _GIVEN.search(code, max(start - 80, 0), start) is None:
        return None
    depth = 0
    for place in range(start - 1, max(start - _LONGEST, 0), -1):
        character = code[place]
        if character in ")]}":
            depth += 1
        elif character in "\"'#":
            return None
        elif character in "([{":
            if depth == 0:
                return _callee_at(code, place) if character == "(" else None
            depth -= 1
    return None


def _callee_at(code: str, place: int) -> re.Match[str] | None:
    """What is called with the parenthesis there."""
    before = before_on_line(code, place)
    callee = _CALLEE.search(code, place - len(before), place) if before else None
    if before is None or callee is None or callee[0] in _NOT_CALLED or "#" in before:
        return None
    is_header = code[place - len(before) : callee.start()].rstrip().endswith("def")
    return None if is_header else callee  # else it may be a default
