"""The `likely` evidence: no type is known, but the receiver's name and the use of the value agree."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from pgleak_lint.analysis.doubles import is_double
from pgleak_lint.analysis.names import UnitIndex
from pgleak_lint.analysis.provenance import Provenance
from pgleak_lint.analysis.types import Symbol
from pgleak_lint.cfg.ops import Attr, Await, Call, Drop, Enter, Load, Op, Store, Temp
from pgleak_lint.models.catalog import Acquire
from pgleak_lint.models.schema import Form


def likely_acquire(provenance: Provenance, index: UnitIndex, call: Call, *, weak: bool = False) -> Acquire | None:
    """The acquire that a call on a receiver of unknown type seems to be, None where name and use don't agree.

    ``weak`` accepts the shape alone.
    """
    callee = index.definition(call.func)
    if isinstance(callee, Attr) and callee.attr in provenance.catalog.by_method:
        receiver, method = _receiver_name(provenance, index, callee.obj), callee.attr
    elif isinstance(callee, Attr | Load) and _is_unseen(provenance, index, call.func):
        receiver, method = (callee.attr if isinstance(callee, Attr) else callee.name), "__call__"
    else:
        return None
    if receiver is None:
        return None
    candidates = provenance.catalog.likely_acquires(receiver, method)
    if not candidates:
        return None
    return _best(provenance, index, call, candidates, weak=weak)


def fallback_acquire(provenance: Provenance, index: UnitIndex, call: Call) -> Acquire | None:
    """``module.connect()`` of an imported module that no model speaks of, where the value is used as the specification of
    its kind of drivers says."""
    known = provenance.type_of(index.unit.index, call.func)
    if not isinstance(known, Symbol) or "." not in known.name or known.name.startswith("."):
        return None
    acquire = provenance.catalog.fallbacks.get(known.name.rpartition(".")[2])
    if acquire is None or isinstance(index.consumers.get(call.dst), Await):
        return None
    root = known.name.partition(".")[0]
    if root in sys.stdlib_module_names or root in provenance.catalog.packages:
        return None
    resource = acquire.resource
    attributes = list(_attributes_of(index, set(_value_names(index, call.dst))))
    used, cursors = {op.attr for op in attributes}, set(resource.keeps)
    methods = {*resource.uses, *(release.method for release in resource.releases)}
    if not used >= cursors:
        return None
    making = (index.consumers.get(op.dst) for op in attributes if op.attr in cursors)
    made = [op.dst for op in making if isinstance(op, Call)]
    asked = [*_attributes_of(index, {name for temp in made for name in _value_names(index, temp)})]
    asked += [op for op in map(index.consumers.get, made) if isinstance(op, Attr)]
    queried = any(op.attr in _QUERIES for op in asked)
    return acquire if queried or len(used & methods) > len(cursors) else None


_QUERIES = frozenset({"execute", "executemany", "callproc"})
"""What cursors have, and nothing else that a ``connect().cursor()`` gives (PEP 249)."""


def _best(
    provenance: Provenance, index: UnitIndex, call: Call, candidates: Sequence[Acquire], *, weak: bool
) -> Acquire | None:
    form_fits = [acquire for acquire in candidates if _form_fits(index, call, acquire)]
    if not form_fits:
        return None
    imported = provenance.module.import_roots
    if not any(imported & set(acquire.driver.packages) for acquire in form_fits) and _imports_other_databases(
        provenance, imported
    ):
        return None
    names = set(_value_names(index, call.dst))
    form_fits = [acquire for acquire in form_fits if _awaits_agree(index, names, acquire, imported)]
    if not form_fits:
        return None
    used = {op.attr for op in _attributes_of(index, names)}

    def score(acquire: Acquire) -> tuple[bool, int, bool]:
        resource = acquire.resource
        given_back = _given_back(index, names, {r.method for r in resource.releases if r.on == "owner"})
        agreement = len(used & set(resource.uses)) + 3 * given_back
        return acquire.model.unmistakable or agreement > 0, agreement, bool(imported & set(acquire.driver.packages))

    best = max(form_fits, key=lambda acquire: (score(acquire)[2], *score(acquire)[:2]))
    agreeing = [a for a in form_fits if score(a)[0]]
    if agreeing:
        best = max(agreeing, key=lambda acquire: (score(acquire)[2], score(acquire)[1]))
    elif not weak:
        return None
    return best


def _receiver_name(provenance: Provenance, index: UnitIndex, obj: Temp) -> str | None:
    """The last name of the receiver (``self._pool`` → ``_pool``, ``get_pool()`` → ``pool``), None if its type is known."""
    if not _is_unseen(provenance, index, obj) or is_double(provenance, index.unit.index, obj):
        return None
    op = index.definition(obj)
    if isinstance(op, Await):
        op = index.definition(op.src)
    if isinstance(op, Call):
        op = index.definition(op.func)
        name = op.attr if isinstance(op, Attr) else op.name if isinstance(op, Load) else None
        return name.removeprefix("_").removeprefix("get_") if name else None
    path = index.path(obj)
    return path.rpartition(".")[2] if path else None


def _is_unseen(provenance: Provenance, index: UnitIndex, temp: Temp) -> bool:
    """Nothing is known of it, or only that it is a name imported from code we have no model of."""
    known = provenance.type_of(index.unit.index, temp)
    if known is None:
        return True
    if not isinstance(known, Symbol):
        return False
    return (
        known.name not in provenance.catalog.types and known.name.partition(".")[0] not in provenance.catalog.packages
    )


def _form_fits(index: UnitIndex, call: Call, acquire: Acquire) -> bool:
    consumer = index.consumers.get(call.dst)
    form = acquire.model.form
    entered = _enters(index, consumer)
    if isinstance(consumer, Await):
        return form in (Form.AWAIT, Form.EITHER)
    if entered is not None:
        if entered.is_async:
            return form in (Form.ENTER, Form.EITHER)
        return form is Form.PLAIN or (form is Form.ENTER and not acquire.resource.is_async)
    if form is Form.PLAIN:
        return True
    # Handed to something that may await it (`wait_for(pool.acquire(), 5)`).
    return form in (Form.AWAIT, Form.EITHER) and isinstance(consumer, Call)


def _enters(index: UnitIndex, consumer: Op | None) -> Enter | None:
    if isinstance(consumer, Store) and consumer.name.startswith("$with"):
        return index.entered.get(consumer.name)
    return None


def _value_names(index: UnitIndex, temp: Temp) -> Iterator[str]:
    """The variables that the acquired value is bound to."""
    consumer = index.consumers.get(temp)
    match consumer:
        case Await(dst=dst):
            yield from _value_names(index, dst)
        case Store(name=name):
            entered = _enters(index, consumer)
            if entered is not None:
                yield from _value_names(index, entered.dst)
            else:
                yield name
        case Call(dst=dst) if any(argument.value == temp for argument in consumer.arguments):
            yield from _value_names(index, dst)


def _attributes_of(index: UnitIndex, names: set[str]) -> Iterator[Attr]:
    for op in index.of(Attr):
        owner = index.definition(op.obj)
        if isinstance(owner, Load) and owner.name in names:
            yield op


def _given_back(index: UnitIndex, names: set[str], methods: set[str]) -> bool:
    for op in index.of(Call):
        callee = index.definition(op.func)
        if isinstance(callee, Attr) and callee.attr in methods:
            for argument in op.arguments:
                value = index.definition(argument.value)
                if isinstance(value, Load) and value.name in names:
                    return True
    return False


def _imports_other_databases(provenance: Provenance, imported: frozenset[str]) -> bool:
    """Whether the module imports a client that we know of and that no resource model describes."""
    return not imported.isdisjoint(provenance.catalog.unmodelled)


def _awaits_agree(index: UnitIndex, names: set[str], acquire: Acquire, imported: frozenset[str]) -> bool:
    """Whether the value is released with ``await`` just where this driver's release is a coroutine. A driver that the
    module imports is believed all the same: then a missing ``await`` is the fault to report."""
    if imported & set(acquire.driver.packages):
        return True
    awaited = {release.method: release.awaited for release in acquire.resource.releases if release.on == "owner"}
    for op in index.of(Call):
        callee = index.definition(op.func)
        if isinstance(callee, Attr) and callee.attr in awaited:
            given = [index.definition(argument.value) for argument in op.arguments]
            if any(isinstance(value, Load) and value.name in names for value in given):
                consumer = index.consumers.get(op.dst)
                if isinstance(consumer, Drop) and awaited[callee.attr]:
                    return False
                if isinstance(consumer, Await) and not awaited[callee.attr]:
                    return False
    return True
