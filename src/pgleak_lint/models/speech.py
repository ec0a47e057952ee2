"""The words of a catalog of models."""

from __future__ import annotations

from collections.abc import Iterable

from pgleak_lint.models.catalog import Catalog
from pgleak_lint.models.schema import Kind
from pgleak_lint.models.vocabulary import Speech


def speech_of(catalog: Catalog) -> Speech:
    """The words by which the drivers of a catalog are spoken of."""
    drivers = catalog.drivers
    types = [model for driver in drivers for model in driver.types]
    factories = {name for name, model in catalog.types.items() if model.kind is Kind.FACTORY}
    makers = {name for name, maker in catalog.makers.items() if maker.gives in factories}
    acquires = {name for name in catalog.acquires if not name.endswith(".__call__")}
    methods = {name for name in acquires if name.rpartition(".")[0] in catalog.types}
    models = [acquire for driver in drivers for acquire in driver.acquires]
    packages: dict[str, tuple[str, ...]] = {}
    for driver in drivers:
        for package in driver.packages:
            packages[package] = (*packages.get(package, ()), driver.name)
    return Speech(
        methods=_last(methods),
        functions=_last(acquires - methods),
        makers=_last(factories | makers),
        owned=_last({model.call for model in models if model.owned}) - {"__call__"},
        sufficient=frozenset(package for driver in drivers if driver.resources for package in driver.packages)
        | _last({model.call for model in models if model.unmistakable}),
        factories=_lowered(name for model in types if model.kind is Kind.FACTORY for name in model.receivers),
        pools=_lowered(name for model in types if model.kind is Kind.POOL for name in model.receivers),
        together=tuple(frozenset({name, *acquire.resource.keeps}) for name, acquire in catalog.fallbacks.items()),
        packages=packages,
    )


def _last(names: set[str]) -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for name in names)


def _lowered(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
