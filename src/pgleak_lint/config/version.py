"""Version specifiers (PEP 440), as far as they can speak about versions of this tool: no local versions."""

from __future__ import annotations

import re

_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>a|alpha|b|beta|c|rc|pre|preview)[-_.]?(?P<pre_number>\d*))?"
    r"(?:-(?P<post_dash>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d*))?",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"\s*(?P<operator>~=|===|==|!=|<=|>=|<|>)\s*(?P<version>[^\s,]+?)(?P<any>\.\*)?\s*")
_PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}

_FIRST, _LAST = -1, 1 << 62
Key = tuple[int, tuple[int, ...], tuple[str, int], int, int]


def is_specifier(text: str) -> bool:
    """Whether this is a specifier that `allows` understands."""
    return all(_is_clause(clause) for clause in text.split(","))


def allows(specifier: str, version: str) -> bool:
    """Whether every clause admits the version. A pre-release counts like any other version."""
    return all(_admits(clause, version) for clause in specifier.split(","))


def _is_clause(clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None or _VERSION.fullmatch(match["version"]) is None:
        return False
    if match["any"]:
        return match["operator"] in ("==", "!=") and _key(match["version"])[2:4] == (("z", 0), _FIRST)
    return match["operator"] != "~=" or len(_release(match["version"])) > 1


def _admits(clause: str, version: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    assert match is not None  # `is_specifier` was asked before
    operator, bound = match["operator"], match["version"]
    own, other = _key(version), _key(bound)
    if operator == "===":
        return version.lower() == bound.lower()
    if operator in ("==", "!="):
        same = _begins(version, bound) if match["any"] else own == other
        return same is (operator == "==")
    if operator == "~=":
        return own >= other and _begins(version, _without_last(bound))
    if operator in ("<=", ">="):
        return own <= other if operator == "<=" else own >= other
    # a pre-release of the bound is not below it, nor a post-release above, unless the bound is one itself
    if operator == "<":
        return own < other and not (_is_pre(own) and not _is_pre(other) and own[:2] == other[:2])
    return own > other and not (own[3] != _FIRST and other[3] == _FIRST and own[:2] == other[:2])


def _key(text: str) -> Key:
    """What versions are ordered by: epoch, release, pre-release, post-release, development release."""
    match = _VERSION.fullmatch(text.strip())
    assert match is not None
    release = _release(text)
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    post = _FIRST
    if match["post"] or match["post_dash"]:
        post = int(match["post_dash"] or match["post_number"] or 0)
    dev = int(match["dev_number"] or 0) if match["dev"] else _LAST
    if match["pre"]:
        word = match["pre"].lower()
        pre = (_PRE.get(word, word), int(match["pre_number"] or 0))
    else:
        pre = ("", 0) if match["dev"] and post == _FIRST else ("z", 0)
    return int(match["epoch"] or 0), release, pre, post, dev


def _is_pre(key: Key) -> bool:
    return key[2][0] != "z" or key[4] != _LAST


def _release(text: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(text.strip())
    assert match is not None
    return tuple(int(number) for number in match["release"].split("."))


def _begins(version: str, bound: str) -> bool:
    wanted, release = _release(bound), _release(version)
    padded = release + (0,) * (len(wanted) - len(release))
    return _key(version)[0] == _key(bound)[0] and padded[: len(wanted)] == wanted


def _without_last(bound: str) -> str:
    epoch, release = _key(bound)[0], _release(bound)[:-1]
    return f"{epoch}!{'.'.join(map(str, release))}"
