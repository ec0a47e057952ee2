"""Which lines of which files differ from a revision of the repository."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pgleak_lint._record import record
from pgleak_lint.source.discovery import SUFFIXES
from pgleak_lint.source.git import GitError, git

Lines = tuple[int, int]
"""The first and the last line of a piece of text."""

_HUNK = re.compile(rb"@@ -\d+(?:,(?P<old>\d+))? \+(?P<start>\d+)(?:,(?P<new>\d+))? @@")
_DIFF = (
    "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--unified=0", "--inter-hunk-context=0",
    "--find-renames", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


@record
class MergeBase:
    """Where the present branch left another one: the commit, and the root of the working tree."""

    commit: str
    root: Path


@record
class Changes:
    """What differs. ``hunks``: the changed lines by path below ``root``; ``tracked``: the paths that git knows. Everything
    in a file that git does not know is new."""

    root: Path
    hunks: Mapping[str, Sequence[Lines]]
    tracked: frozenset[str]

    def concern(self, path: str, lines: Lines) -> bool:
        """Whether any of these lines differ. What lies outside of the repository counts as different."""
        below = _below(self.root, path)
        if below is None or below not in self.tracked:
            return True
        return any(first <= lines[1] and lines[0] <= last for first, last in self.hunks.get(below, ()))


def merge_base(revision: str, folder: Path) -> MergeBase:
    """The commit that this branch and ``revision`` have in common. Raises `GitError`."""
    root = Path(os.fsdecode(git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")))
    try:
        git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except GitError:
        raise GitError(f"git does not know '{revision}'") from None
    try:
        found = git(root, "merge-base", "--end-of-options", revision, "HEAD")
    except GitError:
        shallow = git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        hint = " in this shallow clone; fetch more history" if shallow else ""
        raise GitError(f"'{revision}' and HEAD have no common ancestor{hint}") from None
    return MergeBase(found.decode("ascii").strip(), root)


def changes_since(base: MergeBase, paths: Iterable[str]) -> Changes:
    """How the working tree differs from the base. ``paths`` are the files that matter. Raises `GitError`."""
    below = sorted({found for path in paths if (found := _below(base.root, path)) is not None})
    scripts = [f":(literal){path}" for path in below if not path.endswith(SUFFIXES)]
    names = [f"*{suffix}" for suffix in SUFFIXES]
    hunks: dict[str, list[Lines]] = {}
    for path, lines in _hunks(git(base.root, *_DIFF, base.commit, "--", *names, *scripts)):
        hunks.setdefault(path, []).append(lines)
    return Changes(base.root, hunks, _tracked(base.root))


def _tracked(root: Path) -> frozenset[str]:
    return frozenset(os.fsdecode(name) for name in git(root, "ls-files", "-z").split(b"\0") if name)


def _below(root: Path, path: str) -> str | None:
    real, top = os.path.realpath(path), os.path.join(os.path.realpath(root), "")
    return real[len(top) :].replace(os.sep, "/") if real.startswith(top) else None


def _hunks(diff: bytes) -> Iterator[tuple[str, Lines]]:
    """Path and new lines of each hunk. Lines of files are counted off, since they may look like anything."""
    path = ""
    rest = 0
    for line in diff.split(b"\n"):
        if rest and line[:1] in (b"-", b"+"):
            rest -= 1
        elif line.startswith(b"+++ "):
            path = _unquoted(line[4:])
        elif hunk := _HUNK.match(line):
            start, new = int(hunk["start"]), int(hunk["new"] or 1)
            rest = int(hunk["old"] or 1) + new
            # lines that are only taken away leave their mark on both neighbours
            yield path, (start, start + new - 1) if new else (start, start + 1)


def _unquoted(name: bytes) -> str:
    """git quotes odd names as C does, which is as Python does."""
    text = name.rstrip(b"\t\r")
    if text.startswith(b'"'):
        text = ast.literal_eval(f"b{text.decode('latin-1')}")
    return os.fsdecode(text.removeprefix(b"b/"))
