"""Files that are almost Python: real ones with a few tokens deleted, doubled, swapped, cut off or taken from elsewhere."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_TOKEN = re.compile(r"\w+|[^\S\n]+|\n[ \t]*|[^\w\s]")
_SPICE = (
    "(", ")", "[", "]", "{", "}", ":", ",", "=", ":=", "->", "@", "*", "**", "...", "\\\n", '"""', "'", "f'{", "#", "\t",
    "\x0c", "\ufeff", "\u202e", "\x00", "\r", "\r\n", " async ", " await ", " yield ", " lambda: ", " match x:\n case _: ", " del ",
    " return ", " raise ", " try:\n ", " finally:\n ", " except* E:\n ", " with a as b, c: ", " global x\n", " nonlocal x\n",
    " else:\n ", " while 1: ", " for x in y: ", " import ", " from . import *\n", " class X: ", " def f(", " if ", " not ", " in ",
    " is ", "(" * 90, "[" * 90, "not " * 200, "-" * 200, "x." * 200, "a if b else " * 60,
)  # fmt: skip
"""What is inserted: each may change what everything behind it means."""

Tokens = list[str]


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to six changes; the same for the same state of ``chance``."""
    tokens = _TOKEN.findall(text)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        if tokens:
            tokens = chance.choice(_CHANGES)(tokens, chance)
    return "".join(tokens)


def _stretch(tokens: Tokens, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(tokens))
    return start, min(len(tokens), start + chance.choice((1, 1, 1, 2, 4, 12, 60)))


def _delete(tokens: Tokens, chance: random.Random) -> Tokens:
    start, end = _stretch(tokens, chance)
    return tokens[:start] + tokens[end:]


def _double(tokens: Tokens, chance: random.Random) -> Tokens:
    start, end = _stretch(tokens, chance)
    return tokens[:end] + tokens[start:end] * chance.choice((1, 1, 2, 40)) + tokens[end:]


def _swap(tokens: Tokens, chance: random.Random) -> Tokens:
    (a, b), (c, d) = sorted((_stretch(tokens, chance), _stretch(tokens, chance)))
    return tokens if c < b else tokens[:a] + tokens[c:d] + tokens[b:c] + tokens[a:b] + tokens[d:]


def _cut_off(tokens: Tokens, chance: random.Random) -> Tokens:
    return tokens[: chance.randrange(len(tokens))]


def _replace(tokens: Tokens, chance: random.Random) -> Tokens:
    start, end = _stretch(tokens, chance)
    other, last = _stretch(tokens, chance)
    return tokens[:start] + tokens[other:last] + tokens[end:]


def _rename(tokens: Tokens, chance: random.Random) -> Tokens:
    words = [token for token in tokens if token[:1].isalpha()]
    if not words:
        return tokens
    old, new = chance.choice(words), chance.choice(words)
    return [new if token == old else token for token in tokens]


def _insert(tokens: Tokens, chance: random.Random) -> Tokens:
    start = chance.randrange(len(tokens))
    return [*tokens[:start], chance.choice(_SPICE), *tokens[start:]]


def _indent(tokens: Tokens, chance: random.Random) -> Tokens:
    start, end = _stretch(tokens, chance)
    shift = chance.choice((" ", "    ", "\t"))
    return [t + shift if start <= place < end + 40 and t[0] == "\n" else t for place, t in enumerate(tokens)]


def _lines(tokens: Tokens) -> list[Tokens]:
    """The tokens of each line, its indentation first."""
    found: list[Tokens] = [[]]
    for token in tokens:
        if token[0] == "\n":
            found.append([])
        found[-1].append(token)
    return found


def _of_lines(
    change: Callable[[list[Tokens], list[int], random.Random], None],
) -> Callable[[Tokens, random.Random], Tokens]:
    """A change of whole lines of one indentation: what comes out is Python more often than not."""

    def changed(tokens: Tokens, chance: random.Random) -> Tokens:
        lines = _lines(tokens)
        first = chance.randrange(len(lines))
        alike = [n for n, line in enumerate(lines) if line[:1] == lines[first][:1]]
        change(lines, [first, *chance.choices(alike, k=2)], chance)
        return [token for line in lines for token in line]

    return changed


def _move_line(lines: list[Tokens], places: list[int], chance: random.Random) -> None:
    line = lines.pop(places[0])
    lines.insert(places[1], line)


def _swap_lines(lines: list[Tokens], places: list[int], chance: random.Random) -> None:
    lines[places[0]], lines[places[1]] = lines[places[1]], lines[places[0]]


def _drop_line(lines: list[Tokens], places: list[int], chance: random.Random) -> None:
    del lines[places[0]]


def _repeat_line(lines: list[Tokens], places: list[int], chance: random.Random) -> None:
    lines.insert(places[1], list(lines[places[0]]))


def _other_word(tokens: Tokens, chance: random.Random) -> Tokens:
    """One word for another of the same file."""
    words = [place for place, token in enumerate(tokens) if token[:1].isalpha() or token[:1] == "_"]
    if not words:
        return tokens
    place, other = chance.choice(words), chance.choice(words)
    return [*tokens[:place], tokens[other], *tokens[place + 1 :]]


_CHANGES: tuple[Callable[[Tokens, random.Random], Tokens], ...] = (
    _delete, _double, _swap, _cut_off, _replace, _insert, _insert, _indent, _rename, _rename, _other_word, _other_word, _other_word,
    *(_of_lines(change) for change in (_move_line, _swap_lines, _drop_line, _repeat_line) for _ in range(3)),
)  # fmt: skip
