"""Frozen dataclasses as JSON data and back, by their type hints. What does not fit is an error, never a guess."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints


class Mismatch(Exception):
    """Data that is not what the type asks for."""


def encode(value: Any) -> Any:
    """The value as lists, strings, numbers, booleans and None: a dataclass is the list of its fields."""
    if is_dataclass(value) and not isinstance(value, type):
        return [encode(getattr(value, field.name)) for field in fields(value) if field.compare]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} cannot be kept")


def decode(kind: Any, data: Any) -> Any:
    """The value of that type. Fields that do not count for equality get their defaults. Raises `Mismatch`."""
    return _reader(kind)(data)


@lru_cache(maxsize=256)
def _reader(kind: Any) -> Callable[[Any], Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = [arm for arm in get_args(kind) if arm is not type(None)]
        if len(inner) != 1:
            raise TypeError(f"{kind} cannot be kept")
        read = _reader(inner[0])
        return lambda data: None if data is None else read(data)
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return lambda data: _member(kind, data)
    if isinstance(kind, type) and issubclass(kind, tuple):
        hints = [_reader(hint) for hint in get_type_hints(kind).values()]
        return lambda data: kind(*_items(data, hints))
    if is_dataclass(kind):
        hints_by_name = get_type_hints(kind)
        readers = [_reader(hints_by_name[field.name]) for field in fields(kind) if field.compare]
        return lambda data: cast("Callable[..., Any]", kind)(*_items(data, readers))
    return lambda data: _plain(kind, data)


def _tuple_reader(arms: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(arms) == 2 and arms[1] is Ellipsis:
        read = _reader(arms[0])
        return lambda data: tuple(read(item) for item in _list(data))
    readers = [_reader(arm) for arm in arms]
    return lambda data: tuple(_items(data, readers))


def _items(data: Any, readers: list[Callable[[Any], Any]]) -> list[Any]:
    if len(_list(data)) != len(readers):
        raise Mismatch
    return [read(item) for read, item in zip(readers, data)]


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise Mismatch
    return data


def _member(kind: type[enum.Enum], data: Any) -> enum.Enum:
    try:
        return kind(data)
    except ValueError:
        raise Mismatch from None


def _plain(kind: type, data: Any) -> Any:
    if type(data) is not kind:
        raise Mismatch
    return data
