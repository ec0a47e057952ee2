"""Which calls can acquire at all, by the names of what they call: a cheap no before anything is resolved.

Names are looked at without their scopes, so the answer holds whatever they mean; a yes costs work only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pgleak_lint.analysis.flows import ANY, CALLABLE, GIVES, MAKES, Flow, Flows, Origin
from pgleak_lint.cfg.ops import Temp
from pgleak_lint.models.vocabulary import Vocabulary

Inherited = frozenset[tuple[str, int]]
"""Names that lead to acquires in modules that a module imports, each with the bits of what it leads to."""


class Leads:
    """The names of one module that lead to acquires."""

    def __init__(self, flows: Flows, vocabulary: Vocabulary, inherited: Inherited) -> None:
        self._flows = flows
        self._names: dict[str, int] = dict.fromkeys(vocabulary.callees, GIVES)
        for name, lead in (*((name, MAKES) for name in vocabulary.makers), *inherited):
            self._names[name] = self._names.get(name, 0) | lead
        for name in flows.names:
            if name in vocabulary.factories:
                self._names[name] = self._names.get(name, 0) | GIVES
        self._known = dict(self._names)
        self._inherited = dict(inherited)
        self._visible: set[str] = set()
        self._spread()

    @property
    def exports(self) -> Inherited:
        """The names that modules which import this one may acquire by, as far as they did not come from outside."""
        found = ((name, self._names.get(name, 0) & CALLABLE) for name in self._visible)
        return frozenset((name, lead) for name, lead in found if lead & ~self._inherited.get(name, 0))

    def may_acquire(self, number: int) -> bool:
        """Whether one of the calls of a unit can be an acquire."""
        return any(map(self._leads, self._flows.calls[number].values()))

    def is_lead(self, number: int, temp: Temp) -> bool:
        """Whether the call that writes that temp, of the outline of a unit, can be an acquire."""
        return self._leads(self._flows.calls[number][temp])

    def _leads(self, origins: Iterable[Origin] | None) -> bool:
        if origins is None:
            return True
        return any(self._names.get(name, 0) >> shift & mask & CALLABLE for name, shift, mask in origins)

    def _spread(self) -> None:
        """Follow the flows until nothing changes."""
        outgoing: defaultdict[str, list[Flow]] = defaultdict(list)
        for flow in self._flows.flows:
            outgoing[flow.origin[0]].append(flow)
        pending = [name for name in outgoing if name in self._names]
        for word, said in self._flows.speaking:
            lead = self._known.get(word, 0) >> said.shift & said.mask
            self._add(said.target, lead, said.visible, pending)
        waiting = set(self._flows.made_by)
        while True:
            while pending:
                name = pending.pop()
                for flow in outgoing[name]:
                    _, shift, mask = flow.origin
                    lead = self._names[name] >> shift & mask
                    self._add(flow.target, lead << 1 & ANY if flow.returned else lead, flow.visible, pending)
            ready = {made for made in waiting if self.may_acquire(made[0])}
            waiting -= ready
            for _, name in ready:
                self._add(name, GIVES, True, pending)
            if not pending:
                return

    def _add(self, name: str, lead: int, visible: bool, pending: list[str]) -> None:
        before = self._names.get(name, 0)
        if lead and visible:
            self._visible.add(name)
        if before | lead != before:
            self._names[name] = before | lead
            pending.append(name)
