"""What provenance can say about an expression. Frozen values; None stands for "nothing known"."""

from __future__ import annotations

from typing import Union

from pgleak_lint._record import record


@record
class Symbol:
    """An imported name: a module, class or function, by its full dotted name."""

    name: str


@record
class Instance:
    """An object of a modelled type (canonical name). ``likely``: by the evidence of its shape only."""

    type: str
    likely: bool = False


@record
class Pending:
    """What gives an object of a modelled type when it is awaited or entered."""

    type: str
    likely: bool = False


@record
class Foreign:
    """An object of a type that is known by name and modelled nowhere: no database resource as far as we know."""

    name: str


@record
class Function:
    """A function of the module ``home``; ``bound``: as a method of an object, its first parameter is taken."""

    unit: int
    home: str
    bound: bool = False


@record
class Class:
    """A class of the module ``home``."""

    unit: int
    home: str


@record
class Keeper:
    """A class whose objects keep a resource in ``attr``; ``methods`` (name, coroutine or not) release it."""

    made: Class
    qualname: str
    attr: str
    methods: tuple[tuple[str, bool], ...]


@record
class Place:
    """Where a tuple has something: as item number ``position`` (from 0) of ``size``."""

    position: int
    size: int


@record
class Object:
    """An object of a class of the module ``home``."""

    unit: int
    home: str


@record
class Member:
    """An attribute of something known, most often a method."""

    owner: Type
    name: str


Type = Union[Symbol, Instance, Pending, Foreign, Function, Class, Object, Member]
