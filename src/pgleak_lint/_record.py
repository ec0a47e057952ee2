"""Dataclasses that cost half as much to make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    _Record = TypeVar("_Record")

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def record(made: type[_Record]) -> type[_Record]:
        """A dataclass that is frozen as far as the type checker goes. At run time, a class that refuses changes takes twice as
        long to make, and its objects three times: dozens are made at each start, and a million objects in a run."""
        return made

else:
    record = dataclass(slots=True, unsafe_hash=True)
