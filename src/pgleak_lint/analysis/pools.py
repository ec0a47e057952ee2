"""Which pool a call takes a connection from, and from which pools a function takes some while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgleak_lint._record import record
from pgleak_lint.analysis.calls import ResolvedCall
from pgleak_lint.analysis.names import UnitIndex
from pgleak_lint.analysis.provenance import Provenance
from pgleak_lint.analysis.types import Function, Instance
from pgleak_lint.cfg.graph import UnitKind
from pgleak_lint.cfg.ops import Attr, Await, Call, Const, Enter, Import, Store, Temp
from pgleak_lint.models.schema import Exhausted, Form, Kind, PoolModel
from pgleak_lint.source.span import Span

if TYPE_CHECKING:
    from pgleak_lint.analysis.explore import Explorer

_DEEPEST = 6


@record
class Taking:
    """A call that takes a connection from the pool ``name`` while it runs. ``chain`` are the calls on the way there, the
    one in hand first, each with its module; ``model`` is the pool's."""

    name: str
    model: PoolModel
    chain: tuple[tuple[str, Span], ...]


class Pools:
    """The pools that one module's calls and functions take from."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._functions: dict[int, tuple[Taking, ...]] = {}
        self._calls: dict[tuple[int, int], tuple[Taking, ...]] = {}

    def forget(self) -> None:
        """Drop what was worked out while something was not known yet."""
        self._functions.clear()
        self._calls.clear()

    def taken_by(self, index: UnitIndex, call: ResolvedCall, *, depth: int = 0) -> tuple[Taking, ...]:
        """What a call takes while it runs, whether or not it gives it back: by itself, or in the functions it calls."""
        key = (index.unit.index, call.op.dst)
        if key not in self._calls:
            self._calls[key] = self._find(index, call, depth)
        return self._calls[key]

    def _find(self, index: UnitIndex, call: ResolvedCall, depth: int) -> tuple[Taking, ...]:
        own = self._own(index, call)
        if own is not None:
            return (own,)
        if call.function is None or depth > _DEEPEST:
            return ()
        there = self._explorer.at(call.function.home)
        code = there.module.units[call.function.unit] if there is not None else None
        if code is None or (code.is_async and not isinstance(index.consumers.get(call.op.dst), Await)):
            return ()
        step = (self._explorer.provenance.home, call.op.span)
        found = self._of_function(call.function, depth)
        return tuple(Taking(taking.name, taking.model, (step, *taking.chain)) for taking in found)

    def _own(self, index: UnitIndex, call: ResolvedCall) -> Taking | None:
        callee = index.definition(call.op.func)
        if not isinstance(callee, Attr):
            return None
        provenance = self._explorer.provenance
        name = pool_name(provenance, index, callee.obj)
        model = self._model(index, call, callee)
        if name is None or model is None or model.reentrant or model.exhausted is Exhausted.RAISES:
            return None  # one that raises waits for nobody
        return Taking(name, model, ((provenance.home, call.op.span),))

    def _model(self, index: UnitIndex, call: ResolvedCall, callee: Attr) -> PoolModel | None:
        pools = self._explorer.provenance.catalog.pools
        acquired = call.acquired
        if acquired is not None:
            if acquired.inside or acquired.resource.kind is not Kind.POOLED_CONNECTION:
                return None
            if acquired.form is not Form.PLAIN and not _runs(index, call):
                return None
            return pools.get(acquired.acquire.model.call.rpartition(".")[0])
        known = self._explorer.provenance.type_of(index.unit.index, callee.obj)
        model = pools.get(known.type) if isinstance(known, Instance) else None
        return model if model is not None and callee.attr in model.queries and _runs(index, call) else None

    def _of_function(self, function: Function, depth: int) -> tuple[Taking, ...]:
        if function.home != self._explorer.provenance.home:
            there = self._explorer.at(function.home)
            return there.pools._of_function(function, depth) if there is not None else ()
        if function.unit not in self._functions:
            self._functions[function.unit] = ()
            index = self._explorer.module.indexes[function.unit]
            if not index.unit.is_generator:
                calls = self._explorer.calls(function.unit).by_temp.values()
                found = [taking for call in calls for taking in self.taken_by(index, call, depth=depth + 1)]
                shared = [taking for taking in found if "@" not in taking.name]
                self._functions[function.unit] = tuple({taking.name: taking for taking in reversed(shared)}.values())
        return self._functions[function.unit]


def _runs(index: UnitIndex, call: ResolvedCall) -> bool:
    """Whether an acquire or query does something right away: a coroutine or a context object that nobody awaits or enters
    does not."""
    consumer = index.consumers.get(call.op.dst)
    if isinstance(consumer, Store) and consumer.name.startswith("$with"):
        return isinstance(index.entered.get(consumer.name), Enter)
    return isinstance(consumer, Await)


def pool_name(provenance: Provenance, index: UnitIndex, temp: Temp) -> str | None:
    """One name for one pool: a global by its module (``app.db.pool``), an attribute by its class (``self.pool`` of ``Repo``),
    a parameter or local by its function (with ``@``, since no other function knows it by that name)."""
    path = index.path(temp)
    if path is None:
        return None
    root, _, rest = path.partition(".")
    scope = provenance.module.scope_of(index.unit, root)
    if scope is None:
        return None
    if scope.kind is UnitKind.MODULE:
        stores = list(provenance.module.global_stores(root))
        for owner, store in stores:
            imported = owner.definition(store.src)
            if isinstance(imported, Import) and imported.name != "*":
                base = provenance.program.absolute(imported.module, provenance.home)
                return ".".join(filter(None, (base, imported.name, rest)))
        return ".".join(filter(None, (provenance.program.name_of(provenance.home), path)))
    parent = scope.parent
    is_own = parent is not None and provenance.module.units[parent].kind is UnitKind.CLASS
    if is_own and rest and scope.parameters and scope.parameters[0].name == root:
        return f"{provenance.home}:{provenance.module.units[parent or 0].qualname}.{rest}"
    index_there = provenance.module.indexes[scope.index]
    bound = [store for store in index_there.stores.get(root, ()) if not _is_none(index_there, store.src)]
    return f"{scope.index}@{path}" if len(bound) <= 1 else None  # bound anew, it may be another one


def _is_none(index: UnitIndex, temp: Temp) -> bool:
    op = index.definition(temp)
    return isinstance(op, Const) and op.value is None


def held_pool(explorer: Explorer, index: UnitIndex, call: Call) -> str | None:
    """The pool that an acquire takes from."""
    callee = index.definition(call.func)
    return pool_name(explorer.provenance, index, callee.obj) if isinstance(callee, Attr) else None
