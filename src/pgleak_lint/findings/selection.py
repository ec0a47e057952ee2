"""Which rules are on: codes, prefixes and names, chosen and ignored, everywhere or in some files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

_ALIKE = 0.5


def matches(word: str, code: str, name: str) -> int:
    """How specifically ``word`` names a rule: 0 not at all, else the more the longer the prefix; a name counts as a code."""
    plain = word.strip()
    if plain.lower() == name or plain.upper() == code:
        return len(code)
    if plain.upper() == "ALL":
        return 1
    return len(plain) if plain and code.startswith(plain.upper()) else 0


def is_selected(
    code: str, name: str, *, select: Sequence[str], ignore: Sequence[str], by_default: bool = False
) -> bool:
    """Whether the rule is on: the most specific word wins, at a tie the one that ignores. ``by_default`` is the least
    specific of all words that select."""
    chosen = max(int(by_default), *(matches(word, code, name) for word in select), 0)
    dropped = max((matches(word, code, name) for word in ignore), default=0)
    return chosen > dropped


def ignored_in_file(
    path: str, per_file_ignores: Sequence[tuple[str, tuple[str, ...]]], *, root: str | None
) -> tuple[str, ...]:
    """The words that are ignored in one file. The globs are relative to ``root``, the folder of the settings file."""
    return tuple(word for glob, words in per_file_ignores if matches_path(path, (glob,), root=root) for word in words)


def matches_path(path: str, globs: Sequence[str], *, root: str | None) -> bool:
    """Whether a glob matches the path as seen from ``root``. An absolute glob is compared with the absolute path."""
    below = _below(path, root)
    whole = os.path.abspath(path).replace(os.sep, "/")
    return any(glob_matches(glob, whole if os.path.isabs(glob) else below) for glob in globs)


def glob_matches(glob: str, path: str) -> bool:
    """Whether a glob names a file, or a folder that holds it. A glob without ``/`` may name any part of the path; ``*``
    stands for any characters, ``/`` too."""
    plain = glob.removeprefix("./").rstrip("/")
    if "/" not in plain:
        return any(fnmatchcase(part, plain) for part in path.split("/"))
    anywhere = plain.removeprefix("**/")
    return any(fnmatchcase(path, shape) for shape in (plain, f"{plain}/*", anywhere))


def _below(path: str, root: str | None) -> str:
    """The path relative to the root with ``/``; as it is where that leads out of the root."""
    if root is not None:
        absolute, folder = os.path.abspath(path), os.path.abspath(root)
        if absolute.startswith(os.path.join(folder, "")):
            path = absolute[len(os.path.join(folder, "")) :]
    return path.replace(os.sep, "/").removeprefix("./")


def most_specific(code: str, name: str, pairs: Sequence[tuple[str, str]]) -> str | None:
    """The value of the pair whose word names the rule most specifically, the last of equal ones; None if none does."""
    best, value = 1, None
    for word, candidate in pairs:
        if (rank := matches(word, code, name)) >= best:
            best, value = rank, candidate
    return value


def unknown_words(words: Iterable[str], known: Sequence[tuple[str, str]]) -> list[tuple[str, str | None]]:
    """The words that name none of the (code, name) pairs, each with the nearest code or name."""
    found: list[tuple[str, str | None]] = []
    for word in words:
        if not any(matches(word, code, name) for code, name in known):
            found.append((word, _nearest(word, known)))
    return found


def _nearest(word: str, known: Sequence[tuple[str, str]]) -> str | None:
    """The nearest code for what has digits like a code, else the nearest name. Of equally near ones the one that begins
    alike longest, then the first."""
    plain = word.strip()
    like_a_code = any(char.isdigit() for char in plain)
    wanted = plain.upper() if like_a_code else plain.lower()
    candidates = [code if like_a_code else name for code, name in known]

    def rank(text: str) -> tuple[float, int, str]:
        return -_likeness(wanted, text), -_alike_from_the_start(wanted, text), text

    best = min(candidates, key=rank, default=None)
    return best if best is not None and _likeness(wanted, best) >= _ALIKE else None


def _alike_from_the_start(one: str, other: str) -> int:
    return next((position for position, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def _likeness(one: str, other: str) -> float:
    import difflib  # here, because most runs meet no wrong word

    return difflib.SequenceMatcher(None, one, other).ratio()
