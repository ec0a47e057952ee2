"""Which calls can acquire at all, by the names of what they call: a cheap no before anything is resolved.

What a name of the module, of a class or of an attribute leads to, it leads to wherever it stands, whatever it means there; what a variable
of a function leads to, it leads to in that function and those inside it. A yes costs work only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pgleak_lint.analysis.flows import ANY, CALLABLE, GIVES, MAKES, Flow, Flows, Origin, Said
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.cfg.outline.closed import ClosedUnit, is_closed_function
from pgleak_lint.models.vocabulary import Vocabulary
from pgleak_lint.project.store import ModuleSource
from pgleak_lint.source.words import identifiers_of

Inherited = frozenset[tuple[str, int]]
"""Names that lead to acquires in modules that a module imports, each with the bits of what it leads to."""


class Leads:
    """The names of one module that lead to acquires, given those of the modules that it imports as far as they are in its text."""

    def __init__(self, flows: Flows, vocabulary: Vocabulary, inherited: Inherited, source: ModuleSource) -> None:
        leading = source.leading
        if leading is None:
            leading = vocabulary.leading(identifiers_of(source.text))
        self._flows = flows
        self._text = source.text
        self._spoken = leading.union(name for name, _ in inherited)
        units = flows.module.units
        self._closed = {unit.index: unit for unit in units if is_closed_function(unit)}
        self._followed = {unit.index for unit in units if not isinstance(unit, ClosedUnit)}
        self._names: dict[str, int] = dict.fromkeys(vocabulary.callees, GIVES)
        for name, lead in (*((name, MAKES) for name in vocabulary.makers), *inherited):
            self._names[name] = self._names.get(name, 0) | lead
        for name in leading:
            if name in vocabulary.factories:
                self._names[name] = self._names.get(name, 0) | GIVES
        self._known = dict(self._names)
        self._asked = dict.fromkeys({*vocabulary.callees, *vocabulary.makers, *leading, *source.asked}, ANY)
        """Names, and what they led to when closed functions were asked for them; none that was not opened at once uses these."""
        self._inherited = dict(inherited)
        self._locals: defaultdict[int, dict[str, int]] = defaultdict(dict)
        """Outermost function → variables in it → what they lead to."""
        self._visible: set[str] = set()
        self._outgoing: defaultdict[str, list[tuple[int, Flow]]] = defaultdict(list)
        self._callers: defaultdict[str, list[tuple[int, Origin]]] = defaultdict(list)
        self._acquiring: set[int] = set()
        self.is_broken = False
        """Whether one of the functions that were opened is no Python."""
        self._pending: list[tuple[int | None, str]] = []
        """Names that lead to more than before: of an outermost function, or of the module."""
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
        if number not in self._followed:
            return False
        origins, function = self._flows.inside(number).calls[temp], self._flows.outermost(number)
        return origins is None or any(self._is_call(function, origin) for origin in origins)

    def _lead_of(self, function: int, name: str) -> int:
        lead = self._names.get(name, 0)
        return lead | self._locals[function].get(name, 0) if function in self._locals else lead

    def _is_call(self, function: int, origin: Origin | None) -> bool:
        return origin is None or bool(self._lead_of(function, origin[0]) >> origin[1] & origin[2] & CALLABLE)

    def _spread(self) -> None:
        """Follow the flows until nothing changes, into closed units where they use one of the names."""
        headers = self._flows.headers(self._spoken)
        for number, flow in headers.flows:
            self._follow_flow(self._flows.outermost(number), flow)
        for number, word, said in headers.speaking:
            self._follow_said(self._flows.outermost(number), word, said)
        for number in sorted(self._followed):
            self._follow_unit(number)
        made: set[int] = set()
        while True:
            opened = [*self._settle(), *self._open()]
            self._followed.update(opened)
            for number in opened:
                self._follow_unit(number)
            for number in self._acquiring - made:
                made_name = self._flows.makes(number)
                if made_name is not None:
                    self._add(-1, made_name, GIVES, visible=True)
            made |= self._acquiring
            if not self._pending and not opened:
                return

    def _settle(self) -> list[int]:
        """Pass on what is pending. The units that were closed and use what a variable of theirs leads to."""
        opened: list[int] = []
        while self._pending:
            function, name = self._pending.pop()
            for inside, flow in self._outgoing[name]:
                if function is None or function == inside:
                    self._pass_on(inside, flow)
            for number, origin in self._callers[name]:
                inside = self._flows.outermost(number)
                if (function is None or function == inside) and self._is_call(inside, origin):
                    self._acquiring.add(number)
            closed = self._closed.get(function) if function is not None else None
            if closed is not None and closed.may_use(name):
                opened += self._opened(closed)
        return opened

    def _open(self) -> list[int]:
        """The units in closed functions that use one of the names: they are closed no more."""
        new = [(name, bool(lead & CALLABLE)) for name, lead in self._names.items() if lead & ~self._asked.get(name, 0)]
        self._asked.update(self._names)
        present = [(name, calls) for name, calls in new if name in self._text]
        if not present:
            return []
        using = [
            unit
            for unit in self._closed.values()
            if any(unit.cutting.may_use(name, calls=calls) for name, calls in present)
        ]
        return [number for unit in using for number in self._opened(unit)]

    def _opened(self, unit: ClosedUnit) -> Iterable[int]:
        del self._closed[unit.index]
        numbers = unit.cutting.opened_numbers().values()
        self.is_broken = self.is_broken or unit.cutting.is_broken
        return numbers

    def _follow_unit(self, number: int) -> None:
        found, function = self._flows.inside(number), self._flows.outermost(number)
        for flow in found.flows:
            self._follow_flow(function, flow)
        for word, said in found.speaking:
            self._follow_said(function, word, said)
        for origin in found.called:
            if self._is_call(function, origin):
                self._acquiring.add(number)
            elif origin is not None:
                self._callers[origin[0]].append((number, origin))

    def _follow_flow(self, function: int, flow: Flow) -> None:
        self._outgoing[flow.origin[0]].append((function, flow))
        self._pass_on(function, flow)

    def _follow_said(self, function: int, word: str, said: Said) -> None:
        lead = self._known.get(word, 0) >> said.shift & said.mask
        self._add(function, said.target, lead, visible=said.visible)

    def _pass_on(self, function: int, flow: Flow) -> None:
        name, shift, mask = flow.origin
        lead = self._lead_of(function, name) >> shift & mask
        if lead:
            self._add(function, flow.target, lead << 1 & ANY if flow.returned else lead, visible=flow.visible)

    def _add(self, function: int, name: str, lead: int, *, visible: bool) -> None:
        if lead and visible:
            self._visible.add(name)
        names = self._names if visible else self._locals[function] if lead else {}
        before = names.get(name, 0)
        if before | lead != before:
            names[name] = before | lead
            self._pending.append((None if visible else function, name))
