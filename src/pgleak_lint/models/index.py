"""Which model files a name can lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pgleak_lint._record import record
from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.schema import DriverModel

Files = dict[str, tuple[str, ...]]


@record
class Index:
    """``roots``: first part of a name → the files with such names; ``methods``: a method that acquires → the files with it;
    ``fallbacks``: a function → the file whose acquire stands for it in modules without a model; ``others``: files with no
    names at all; ``unmodelled``: packages that are known, and have no types."""

    roots: Files
    methods: Files
    fallbacks: Files
    others: frozenset[str]
    unmodelled: frozenset[str]


def index_of(models: Iterable[tuple[str, DriverModel]]) -> Index:
    """The index of model files, by their names."""
    roots: defaultdict[str, set[str]] = defaultdict(set)
    methods: defaultdict[str, set[str]] = defaultdict(set)
    fallbacks: defaultdict[str, set[str]] = defaultdict(set)
    others: set[str] = set()
    unmodelled: set[str] = set()
    models = list(models)
    types = {name for _, driver in models for name in Catalog((driver,)).types}
    for file, driver in models:
        alone = Catalog((driver,))
        names = [*alone.types, *alone.makers, *alone.acquires, *alone.pools]
        for name in names:
            roots[name.partition(".")[0]].add(file)
        for owner, _, method in (call.rpartition(".") for call in alone.acquires):
            if owner in types:  # perhaps of another file
                methods[method].add(file)
                methods[method].update(roots[owner.partition(".")[0]])
        for function in alone.fallbacks:
            fallbacks[function].add(file)
        if not names:
            others.add(file)
        if not driver.types:
            unmodelled.update(driver.packages)
    return Index(_sorted(roots), _sorted(methods), _sorted(fallbacks), frozenset(others), frozenset(unmodelled))


def _sorted(found: defaultdict[str, set[str]]) -> Files:
    return {name: tuple(sorted(files)) for name, files in sorted(found.items())}
