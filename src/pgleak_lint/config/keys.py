"""The keys of settings files: one row each. Validation, JSON schema, environment variables and docs come from the rows."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any

from pgleak_lint._record import record
from pgleak_lint.config.kinds import (
    FLAG,
    JOBS,
    LEVELS,
    PATH,
    PER_FILE,
    RULES,
    SPECIFIER,
    TEXTS,
    WRAPPERS,
    Kind,
    choice,
)
from pgleak_lint.config.options import EVIDENCE, PRESETS, SEVERITIES, kind_of, unknown_key
from pgleak_lint.config.settings import Settings
from pgleak_lint.report import FORMATS


class Scope(enum.Enum):
    """Where a key counts."""

    ANYWHERE = "anywhere"
    PATHS = "anywhere, and in overrides"
    PROJECT = "in the project's root file only"
    FILE = "about its own file"


class Join(enum.Enum):
    """What a nearer layer does to the value of a farther one."""

    REPLACE = "replaces"
    ADD = "adds to"
    MERGE = "replaces entry by entry"


@record
class Key:
    """One setting. ``env`` is its environment variable without ``PGLEAK_LINT_``; ``field`` its name in `Settings`."""

    name: str
    kind: Kind
    doc: str
    scope: Scope = Scope.ANYWHERE
    join: Join = Join.REPLACE
    env: str | None = None

    @property
    def field(self) -> str:
        return self.name.replace("-", "_").rpartition(".")[2]

    @property
    def default(self) -> Any:
        """The value where nobody sets one; None for keys about their own file."""
        return getattr(Settings(), self.field, None) if self.name not in ("root", "extend") else None


@record
class Override:
    """Other values for some paths, relative to ``folder``. ``values`` by field of `Settings`; ``number`` counts from 1."""

    paths: tuple[str, ...]
    values: Mapping[str, Any]
    number: int
    folder: str = ""


def _overrides(place: str, value: object) -> tuple[tuple[Override, ...], list[str]]:
    if not isinstance(value, list):
        return (), [f"{place}: expected a list of tables, got {kind_of(value)}"]
    found, lines = [], []
    for number, table in enumerate(value, 1):
        here = f"{place}[{number}]"
        if not isinstance(table, dict):
            lines.append(f"{here}: expected a table, got {kind_of(table)}")
            continue
        values, faults = read_keys(table, OVERRIDABLE, here, f"{here}.")
        if "paths" not in table:
            faults.append(f"{here}: paths is missing")
        found.append(Override(values.pop("paths", ()), values, number))
        lines += faults
    return tuple(found), lines


KEYS = (
    Key("preset", choice(*PRESETS), "which rules are on to begin with; `strict` also sets `strict`", Scope.PATHS),
    Key("select", RULES, "only these rules, instead of the preset's", Scope.PATHS),
    Key("extend-select", RULES, "these rules as well", Scope.PATHS, Join.ADD),
    Key("ignore", RULES, "not these rules", Scope.PATHS),
    Key("per-file-ignores", PER_FILE, "rules that are off in some files, whatever is selected", join=Join.MERGE),
    Key("severity", LEVELS, "severities of rules, instead of their own", Scope.PATHS, Join.MERGE),
    Key("overrides", Kind("array of tables", _overrides, {}), "other values for `paths` (globs); the last match wins",
        join=Join.ADD),
    Key("evidence", choice(*EVIDENCE), "the weakest evidence that is accepted", Scope.PROJECT),
    Key("safe-calls", TEXTS, "dotted names of calls that do not raise, `*` allowed", Scope.PROJECT),
    Key("src", TEXTS, "import roots, relative to the project's root", Scope.PROJECT),
    Key("wrappers", WRAPPERS, "functions of yours that acquire and release, and the driver whose rules hold", Scope.PROJECT),
    Key("models", TEXTS, "files with driver models, relative to the project's root", Scope.PROJECT),
    Key(
        "strict", FLAG, "exceptional paths and diagnostics are errors, a release may raise past another, PGL902 is on",
        Scope.PATHS, env="STRICT",
    ),
    Key("suppressions.require-reason", FLAG, "a suppression comment without a reason silences nothing"),
    Key("baseline", PATH, "the file of accepted findings, below the project's root"),
    Key("cache-dir", PATH, "the folder of the cache, below the project's root", env="CACHE_DIR"),
    Key("exclude", TEXTS, "globs of files and folders to leave out"),
    Key("extend-exclude", TEXTS, "more of them", join=Join.ADD),
    Key("fail-on", choice(*SEVERITIES), "the least severity that fails a run"),
    Key("output-format", choice(*FORMATS), "the format of the report", env="OUTPUT_FORMAT"),
    Key("jobs", JOBS, "processes", env="JOBS"),
    Key("extend", PATH, "a settings file whose values count where this one has none", Scope.FILE),
    Key("root", FLAG, "this is the project's root file: look no further up", Scope.FILE),
    Key("required-version", SPECIFIER, "versions of pgleak-lint that may use this file", Scope.FILE),
)  # fmt: skip

_PATHS = Key("paths", TEXTS, "globs", Scope.PATHS)
PLACES = ("baseline", "cache_dir")
"""Fields that are paths from the working directory, and from the settings file where one sets them."""
BY_NAME = {key.name: key for key in KEYS}
BY_FIELD = {key.field: key for key in KEYS}
OVERRIDABLE = {key.name: key for key in (_PATHS, *KEYS) if key.scope is Scope.PATHS}
GROUPS = {key.name.partition(".")[0] for key in KEYS if "." in key.name}


def effective_keys() -> Iterable[Key]:
    """The keys that have a value for a file, whatever file set it."""
    return (key for key in KEYS if key.scope is not Scope.FILE)


def read_keys(
    table: Mapping[str, object], known: Mapping[str, Key], whole: str, prefix: str, group: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """The checked values of a table, by field, and a line for each fault. ``whole`` is the place of the table, ``prefix``
    stands before a key; ``group`` is the table's own name where its keys have a dot in theirs."""
    values: dict[str, Any] = {}
    lines: list[str] = []
    for word, value in table.items():
        name = f"{group}{word}"
        if not group and word in GROUPS:
            if isinstance(value, dict):
                inner, faults = read_keys(value, known, whole, prefix, f"{word}.")
                values |= inner
            else:
                faults = [f"{prefix}{word}: expected a table, got {kind_of(value)}"]
        elif name in known:
            values[known[name].field], faults = known[name].kind.read(f"{prefix}{name}", value)
        else:
            faults = [unknown_key(whole, name, known)]
        lines += faults
    return values, lines
