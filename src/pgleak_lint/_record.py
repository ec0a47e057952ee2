"""Dataclasses that cost a third to make."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, make_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

_Record = TypeVar("_Record")

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def record(made: type[_Record]) -> type[_Record]:
        """A dataclass that is frozen as far as the type checker goes. At run time, a class that refuses changes takes twice as
        long to make, and its objects three times: dozens are made at each start, and a million objects in a run. For the same
        reason, what compares objects is compiled when the first two are compared, which happens to few classes in most runs."""
        return made

else:

    def record(made: type[_Record]) -> type[_Record]:
        made = dataclass(slots=True, eq=False, repr=False)(made)

        def compile_comparison() -> None:
            compared = [(name.name, Any, field(compare=name.compare)) for name in fields(made)]
            twin = make_dataclass(made.__name__, compared, init=False, repr=False, unsafe_hash=True)
            made.__eq__, made.__hash__ = twin.__eq__, twin.__hash__

        def equal(self: Any, other: object) -> bool:
            compile_comparison()
            return made.__eq__(self, other)

        def hashed(self: Any) -> int:
            compile_comparison()
            return made.__hash__(self)

        def represented(self: Any) -> str:
            shown = ", ".join(f"{name.name}={getattr(self, name.name)!r}" for name in fields(self) if name.repr)
            return f"{type(self).__qualname__}({shown})"

        made.__eq__, made.__hash__, made.__repr__ = equal, hashed, represented
        return made
