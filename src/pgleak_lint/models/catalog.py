"""All loaded driver models, indexed the way the analysis asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pgleak_lint._record import record
from pgleak_lint.models.schema import AcquireModel, DriverModel, MakerModel, PoolModel, ResourceModel, TypeModel

if TYPE_CHECKING:
    from pgleak_lint.models.vocabulary import Vocabulary


@record
class Acquire:
    """An acquire with the resource that it gives and the driver file that says so."""

    model: AcquireModel
    resource: ResourceModel
    driver: DriverModel


class Catalog:
    """Look-ups over a set of driver models. Names are dotted; every ``also`` name finds the same entry.

    * ``types``: canonical or further name → type
    * ``makers``: call name → maker (a method of a type: ``TYPE.method``)
    * ``acquires``: call name → acquire (canonical type name + ``.method``; ``TYPE.__call__`` for objects)
    * ``by_method``: last part of the call name → the acquires that are methods of a type, for look-ups by shape
    * ``pools``: canonical type name → how that pool behaves
    * ``fallbacks``: last part of the call name → the acquire that stands for modules without a model
    * ``unmodelled``: packages of which nothing but the name is known
    * ``resources``: (driver file name, resource id) → resource
    """

    def __init__(self, drivers: Iterable[DriverModel]) -> None:
        self._drivers: tuple[DriverModel, ...] = tuple(drivers)
        types: dict[str, TypeModel] = {}
        makers: dict[str, MakerModel] = {}
        acquires: dict[str, Acquire] = {}
        by_method: dict[str, list[Acquire]] = {}
        resources: dict[tuple[str, str], ResourceModel] = {}
        for driver in self._drivers:
            for resource in driver.resources:
                resources[driver.name, resource.id] = resource
            for type_model in driver.types:
                for name in (type_model.name, *type_model.also):
                    types[name] = type_model
            for maker in driver.makers:
                for name in (maker.call, *maker.also):
                    makers[name] = maker
            for model in driver.acquires:
                acquire = Acquire(model, resources[driver.name, model.gives], driver)
                for name in (model.call, *model.also):
                    acquires[name] = acquire
        for call, acquire in acquires.items():
            owner, _, method = call.rpartition(".")
            if owner in types:
                by_method.setdefault(method, []).append(acquire)
        self.pools: Mapping[str, PoolModel] = {pool.type: pool for driver in self._drivers for pool in driver.pools}
        self.fallbacks: Mapping[str, Acquire] = {
            call.rpartition(".")[2]: acquire for call, acquire in acquires.items() if acquire.model.fallback
        }
        self.types: Mapping[str, TypeModel] = types
        self.makers: Mapping[str, MakerModel] = makers
        self.acquires: Mapping[str, Acquire] = acquires
        self.by_method: Mapping[str, tuple[Acquire, ...]] = {k: tuple(v) for k, v in by_method.items()}
        self.resources: Mapping[tuple[str, str], ResourceModel] = resources
        self.packages: frozenset[str] = frozenset(name for driver in self._drivers for name in driver.packages)
        self.unmodelled = frozenset(name for driver in self._drivers if not driver.types for name in driver.packages)
        self._likely: dict[tuple[str, str], tuple[Acquire, ...]] = {}

    @property
    def drivers(self) -> tuple[DriverModel, ...]:
        """The models."""
        return self._drivers

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words by which these drivers are spoken of."""
        from pgleak_lint.models.speech import speech_of
        from pgleak_lint.models.vocabulary import Vocabulary

        return Vocabulary(speech_of(self))

    def likely_acquires(self, receiver: str, method: str) -> tuple[Acquire, ...]:
        """The acquires that calling ``method`` on something named ``receiver`` may be: by names alone."""
        key = (receiver, method)
        if key not in self._likely:
            self._likely[key] = tuple(
                acquire
                for acquire in dict.fromkeys(self.by_method.get(method, ()))
                if acquire.model.owned
                and (acquire.model.unmistakable or _is_named_like(receiver, self._receivers_of(acquire)))
            )
        return self._likely[key]

    def _receivers_of(self, acquire: Acquire) -> tuple[str, ...]:
        owner = self.types.get(acquire.model.call.rpartition(".")[0])
        return owner.receivers if owner else ()

    def acquire_of(self, type_name: str, method: str) -> Acquire | None:
        """The acquire that calling ``method`` on an object of that type is (``__call__``: calling the object)."""
        return self.acquires.get(f"{type_name}.{method}")

    def maker_of(self, type_name: str, method: str) -> MakerModel | None:
        """The maker that calling ``method`` on an object of that type is."""
        return self.makers.get(f"{type_name}.{method}")


def _is_named_like(receiver: str, names: tuple[str, ...]) -> bool:
    plain = receiver.strip("_").lower()
    return any(plain == name.lower() or plain.endswith("_" + name.lower()) for name in names)
