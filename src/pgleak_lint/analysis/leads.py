"""Which calls can acquire at all, by the names of what they call: a cheap no before anything is resolved.

Names are looked at without their scopes, so the answer holds whatever they mean; a yes costs work only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pgleak_lint.analysis.flows import ANY, CALLABLE, GIVES, MAKES, Flow, Flows, Origin, UnitFlows
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.cfg.outline.closed import ClosedUnit, InnerUnit
from pgleak_lint.models.vocabulary import Vocabulary
from pgleak_lint.project.store import ModuleSource
from pgleak_lint.source.words import identifiers_of

Inherited = frozenset[tuple[str, int]]
"""Names that lead to acquires in modules that a module imports, each with the bits of what it leads to."""


class Leads:
    """The names of one module that lead to acquires, given those of the modules that it imports."""

    def __init__(self, flows: Flows, vocabulary: Vocabulary, inherited: Inherited, source: ModuleSource) -> None:
        leading = source.leading
        if leading is None:
            leading = vocabulary.leading(identifiers_of(source.text))
        self._flows = flows
        self._text = source.text
        self._absent = {*vocabulary.callees, *vocabulary.makers, *leading, *source.asked}
        self._spoken = leading | {name for name, _ in inherited if name in source.text}
        units = flows.module.units
        self._closed = [unit for unit in units if isinstance(unit, ClosedUnit) and not isinstance(unit, InnerUnit)]
        self._followed = {unit.index for unit in units if not isinstance(unit, ClosedUnit)}
        self._names: dict[str, int] = dict.fromkeys(vocabulary.callees, GIVES)
        for name, lead in (*((name, MAKES) for name in vocabulary.makers), *inherited):
            self._names[name] = self._names.get(name, 0) | lead
        for name in leading:
            if name in vocabulary.factories:
                self._names[name] = self._names.get(name, 0) | GIVES
        self._known = dict(self._names)
        self._inherited = dict(inherited)
        self._visible: set[str] = set()
        self._outgoing: defaultdict[str, list[Flow]] = defaultdict(list)
        self._callers: defaultdict[str, list[tuple[int, Origin]]] = defaultdict(list)
        self._acquiring: set[int] = set()
        self._pending: list[str] = []
        self._spread()

    @property
    def exports(self) -> Inherited:
        """The names that modules which import this one may acquire by, as far as they did not come from outside."""
        found = ((name, self._names.get(name, 0) & CALLABLE) for name in self._visible)
        return frozenset((name, lead) for name, lead in found if lead & ~self._inherited.get(name, 0))

    def may_acquire(self, number: int) -> bool:
        """Whether one of the calls of a unit can be an acquire."""
        return number in self._acquiring

    def is_lead(self, number: int, temp: Temp) -> bool:
        """Whether the call that writes that temp, of the outline of a unit, can be an acquire."""
        return number in self._followed and self._leads(self._flows.inside(number).calls[temp])

    def _leads(self, origins: Iterable[Origin] | None) -> bool:
        return origins is None or any(map(self._is_call, origins))

    def _is_call(self, origin: Origin | None) -> bool:
        return origin is None or bool(self._names.get(origin[0], 0) >> origin[1] & origin[2] & CALLABLE)

    def _spread(self) -> None:
        """Follow the flows until nothing changes, into closed units where they use one of the names."""
        self._follow(self._flows.headers(self._spoken))
        for number in sorted(self._followed):
            self._follow_unit(number)
        made: set[int] = set()
        asked = self._absent
        while True:
            while self._pending:
                name = self._pending.pop()
                for flow in self._outgoing[name]:
                    self._pass_on(flow)
                for number, origin in self._callers[name]:
                    if self._is_call(origin):
                        self._acquiring.add(number)
            opened = self._open(self._names.keys() - asked)
            asked = set(self._names)
            self._followed.update(opened)
            for number in opened:
                self._follow_unit(number)
            for number in self._acquiring - made:
                made_name = self._flows.makes(number)
                if made_name is not None:
                    self._add(made_name, GIVES, visible=True)
            made |= self._acquiring
            if not self._pending and not opened:
                return

    def _open(self, names: Iterable[str]) -> list[int]:
        """The units in closed functions that use one of the names: they are closed no more."""
        present = [name for name in names if name in self._text]
        closed: list[ClosedUnit] = []
        found: list[int] = []
        for unit in self._closed if present else ():
            if unit.cutting.may_use_one(present):
                found += unit.cutting.opened_numbers().values()
            else:
                closed.append(unit)
        if found:
            self._closed = closed
        return found

    def _follow_unit(self, number: int) -> None:
        found = self._flows.inside(number)
        self._follow(found)
        for origin in found.called:
            if self._is_call(origin):
                self._acquiring.add(number)
            elif origin is not None:
                self._callers[origin[0]].append((number, origin))

    def _follow(self, found: UnitFlows) -> None:
        for flow in found.flows:
            self._outgoing[flow.origin[0]].append(flow)
            if flow.origin[0] in self._names:
                self._pass_on(flow)
        for word, said in found.speaking:
            self._add(said.target, self._known.get(word, 0) >> said.shift & said.mask, visible=said.visible)

    def _pass_on(self, flow: Flow) -> None:
        name, shift, mask = flow.origin
        lead = self._names[name] >> shift & mask
        self._add(flow.target, lead << 1 & ANY if flow.returned else lead, visible=flow.visible)

    def _add(self, name: str, lead: int, *, visible: bool) -> None:
        before = self._names.get(name, 0)
        if lead and visible:
            self._visible.add(name)
        if before | lead != before:
            self._names[name] = before | lead
            self._pending.append(name)
