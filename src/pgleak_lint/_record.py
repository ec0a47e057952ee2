"""Dataclasses that cost a third to make."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

_Record = TypeVar("_Record")

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def record(made: type[_Record]) -> type[_Record]:
        """A dataclass that is frozen as far as the type checker goes. At run time, a class that refuses changes takes twice as
        long to make, and its objects three times: dozens are made at each start, and a million objects in a run. The
        methods that `dataclass` compiles for each class, but for ``__init__``, are closures here, for the same reason."""
        return made

else:

    def record(made: type[_Record]) -> type[_Record]:
        made = dataclass(slots=True, eq=False, repr=False)(made)
        compared = [field.name for field in fields(made) if field.compare]
        shown = [field.name for field in fields(made) if field.repr]
        values = attrgetter(*compared) if compared else type

        def equal(self: Any, other: object) -> bool:
            return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self: Any) -> int:
            return hash(values(self))

        def represented(self: Any) -> str:
            return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

        made.__eq__, made.__hash__, made.__repr__ = equal, hashed, represented
        return made
