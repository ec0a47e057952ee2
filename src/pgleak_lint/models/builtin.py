"""The built-in models, each read when a name leads to it: a project that uses one driver pays for one.

Which name leads to which model file is written down in `pgleak_lint.models.builtin_index`; a test compares every answer with
those of the catalog of all models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from pgleak_lint.models.builtin_index import INDEX
from pgleak_lint.models.builtin_speech import SPEECH
from pgleak_lint.models.catalog import Acquire, Catalog
from pgleak_lint.models.index import Index
from pgleak_lint.models.schema import DriverModel
from pgleak_lint.models.vocabulary import Vocabulary

Value = TypeVar("Value")
Files = tuple[str, ...]
Load = Callable[[str], DriverModel]
"""Reads a model file, by its name."""


@lru_cache(maxsize=1)
def builtin_catalog() -> Catalog:
    """The catalog of the built-in models; one for the process."""
    from pgleak_lint.models.loader import load_builtin

    return LazyCatalog(INDEX, Vocabulary(SPEECH), load_builtin)


class LazyCatalog(Catalog):
    """A catalog whose answers are those of all models of an index, though it reads only what is asked for."""

    def __init__(self, index: Index, vocabulary: Vocabulary, load: Load) -> None:
        super().__init__(())
        self._index = index
        self._load = load
        self._loaded: dict[str, DriverModel] = {}
        self._inner = Catalog(())
        self._words = vocabulary
        self.types = _View(self._by_root, lambda inner: inner.types)
        self.makers = _View(self._by_root, lambda inner: inner.makers)
        self.acquires = _View(self._by_root, lambda inner: inner.acquires)
        self.pools = _View(self._by_root, lambda inner: inner.pools)
        self.by_method = _View(self._by_method, lambda inner: inner.by_method)
        self.fallbacks = _View(self._by_fallback, lambda inner: inner.fallbacks)
        self.packages = frozenset(package.decode() for package in vocabulary.packages)
        self.unmodelled = index.unmodelled

    @property
    def drivers(self) -> tuple[DriverModel, ...]:
        """All models: whoever asks for them has time."""
        return self._with({name for files in self._index.roots.values() for name in files} | self._index.others).drivers

    @property
    def loaded(self) -> frozenset[str]:
        """The model files that were read so far."""
        return frozenset(self._loaded)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words by which all of the models are spoken of."""
        return self._words

    def likely_acquires(self, receiver: str, method: str) -> tuple[Acquire, ...]:
        """The acquires that calling ``method`` on something named ``receiver`` may be: by names alone."""
        return self._by_method(method).likely_acquires(receiver, method)

    def _by_root(self, name: str) -> Catalog:
        return self._with(self._index.roots.get(name.partition(".")[0], ()))

    def _by_method(self, method: str) -> Catalog:
        return self._with(self._index.methods.get(method, ()))

    def _by_fallback(self, function: str) -> Catalog:
        return self._with(self._index.fallbacks.get(function, ()))

    def _with(self, files: Files | set[str]) -> Catalog:
        """A catalog of the models read so far, those files among them."""
        missing = [name for name in files if name not in self._loaded]
        if missing:
            for name in missing:
                self._loaded[name] = self._load(name)
            self._inner = Catalog(driver for _, driver in sorted(self._loaded.items()))
        return self._inner


class _View(Mapping[str, Value]):
    """One of the look-ups. What a key needs is read before it is answered, so an answer is for good. Going through the view goes
    through what was read."""

    def __init__(self, needed: Callable[[str], Catalog], part: Callable[[Catalog], Mapping[str, Value]]) -> None:
        self._needed = needed
        self._part = part
        self._answers: dict[str, Value | None] = {}

    def _find(self, key: str) -> Value | None:
        if key not in self._answers:
            self._answers[key] = self._part(self._needed(key)).get(key)
        return self._answers[key]

    def __getitem__(self, key: str) -> Value:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or what stands for none."""
        found = self._find(key)
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._part(self._needed("")))

    def __len__(self) -> int:
        return len(self._part(self._needed("")))
