"""What an expression is, as far as the module's own text can tell: the `proven` evidence.

Flow-insensitive and lazy: a name is what any of its bindings makes it, and nothing is inferred that nobody asks for.
Recursion through names, attributes and calls ends at a question that is already being asked (it answers "unknown").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from pgleak_lint.analysis.annotations import annotated_names, item_names, yielded_names
from pgleak_lint.analysis.names import ModuleIndex, UnitIndex, sources_of
from pgleak_lint.analysis.patches import MOCKER, Patches
from pgleak_lint.analysis.types import Class, Foreign, Function, Instance, Member, Object, Pending, Symbol, Type
from pgleak_lint.cfg.graph import CodeUnit, UnitKind
from pgleak_lint.cfg.ops import (
    Attr,
    Await,
    Build,
    Call,
    Const,
    Enter,
    Import,
    Item,
    Load,
    MakeClass,
    MakeFunction,
    Op,
    SetAttr,
    Store,
    Temp,
    Unpack,
    Yield,
)
from pgleak_lint.cfg.passing import is_class_name
from pgleak_lint.models.catalog import Acquire, Catalog
from pgleak_lint.models.schema import Form, Kind

if TYPE_CHECKING:
    from pgleak_lint.analysis.program import Program

MANAGER_DECORATORS = frozenset({"contextmanager", "asynccontextmanager"})
_PASSES_FIRST = frozenset({
    "asyncio.wait_for", "asyncio.shield", "asyncio.ensure_future", "asyncio.create_task", "asyncio.run",
})  # fmt: skip
_IMPORTS = frozenset({"importlib.import_module", "pytest.importorskip"})
_ANYTHING = frozenset({"typing.Any", "typing_extensions.Any"})
_PASSES_SECOND = frozenset({"typing.cast", "typing_extensions.cast"})


class Provenance:
    """Types of expressions in one module, that of ``home``. ``Temp`` questions name the unit that the temp belongs to. What
    comes from other modules of the project is asked of them, through ``program``."""

    def __init__(self, module: ModuleIndex, catalog: Catalog, home: str, program: Program) -> None:
        self.module = module
        self.catalog = catalog
        self.home = home
        self.program = program
        self._answers: dict[object, Type | None] = {}
        self._temps: dict[tuple[int, Temp], Type | None] = {}

    # -- questions ---------------------------------------------------------------------------------

    def type_of(self, unit: int, temp: Temp) -> Type | None:
        """What the value in ``temp`` is."""
        key = (unit, temp)  # asked most often by far, so spelled out
        if key in self._temps:
            return self._temps[key]
        self._temps[key] = None
        answer = self._temps[key] = self._infer_temp(unit, temp)
        return answer

    def type_of_name(self, unit: int, name: str) -> Type | None:
        """What the variable ``name`` is, as used in that unit."""
        return self._once(("name", unit, name), lambda: self._infer_name(unit, name))

    def type_of_dotted(self, unit: int, dotted: str) -> Type | None:
        """What a dotted name is, as used in that unit."""
        head, *rest = dotted.split(".")
        known = self.type_of_name(unit, head)
        for part in rest:
            known = None if known is None else self.type_of_attribute(known, part)
        return known

    def type_of_global(self, name: str) -> Type | None:
        """What the module's own global ``name`` is, for who imports it."""
        if name in self.module.units[0].bound:
            return self.type_of_name(0, name)
        return _first(self._symbol(f"{module}.{name}") for module in self._star_imports)

    @cached_property
    def _star_imports(self) -> tuple[str, ...]:
        ops = (op for op in self.module.indexes[0].of(Import) if op.name == "*")
        return tuple(self.program.absolute(op.module, self.home) for op in ops)

    def type_of_annotation(self, unit: int, text: str) -> Type | None:
        """What a value annotated with ``text`` is: the first name in it that says something."""
        return self._named_types(unit, annotated_names(text))

    def acquire_of(self, unit: int, call: Call) -> tuple[Acquire, bool] | None:
        """The acquire that this call is, and whether its receiver is only likely what we think."""
        return self.acquire_by(unit, call.func)

    def acquire_by(self, unit: int, temp: Temp) -> tuple[Acquire, bool] | None:
        """The acquire that calling the value in ``temp`` is."""
        callee = self.type_of(unit, temp)
        match callee:
            case Symbol(name=name):
                acquire = self.catalog.acquires.get(name)
                return (acquire, False) if acquire else None
            case Member(owner=Instance(type=owner, likely=likely) | Pending(type=owner, likely=likely), name=method):
                acquire = self.catalog.acquire_of(owner, method)
                return (acquire, likely) if acquire else None
            case Instance(type=owner, likely=likely):
                acquire = self.catalog.acquire_of(owner, "__call__")
                return (acquire, likely) if acquire else None
            case Class():
                base = self._modelled_base(callee)
                acquire = self.catalog.acquires.get(base) if base else None
                return (acquire, False) if acquire else None
        return None

    def dotted_name(self, unit: int, temp: Temp) -> str | None:
        """The full dotted name of a function or class from another module, or of a builtin."""
        match self.type_of(unit, temp):
            case Symbol(name=name):
                return name
            case None:
                op = self.module.index_of(unit, temp).definition(temp)
                if isinstance(op, Load) and self.module.scope_of(self.module.units[unit], op.name) is None:
                    return op.name
        return None

    def is_typed_double(self, unit: int, temp: Temp) -> bool:
        """Whether a value is a test double by its type."""
        return self._as_double(self.type_of(unit, temp)) is not None

    def _as_double(self, known: Type | None) -> Instance | None:
        """A test double, or the one that an attribute of a test double is."""
        if isinstance(known, Member):
            known = known.owner
        return known if isinstance(known, Instance) and self._is_double_type(known.type) else None

    def _is_double_type(self, name: str) -> bool:
        model = self.catalog.types.get(name)
        return model is not None and model.kind is Kind.DOUBLE

    # -- answers -----------------------------------------------------------------------------------

    def _once(self, key: object, infer: Callable[[], Type | None]) -> Type | None:
        if key in self._answers:
            return self._answers[key]
        self._answers[key] = None
        answer = infer()
        self._answers[key] = answer
        return answer

    def _infer_temp(self, unit: int, temp: Temp) -> Type | None:
        index = self.module.index_of(unit, temp)
        return self._telling(self._infer_op(index, op, temp) for op in sources_of(index, temp))

    def _infer_op(self, index: UnitIndex, op: Op, temp: Temp) -> Type | None:
        unit = index.unit.index
        match op:
            case Load(name=name):
                return self.type_of_name(unit, name)
            case Import(module=module, name=name):
                if name == "*":
                    return None
                base = self.program.absolute(module, self.home)
                return self._symbol(f"{base}.{name}" if name and not base.endswith(".") else f"{base}{name or ''}")
            case Attr(obj=obj, attr=attr):
                owner = self.type_of(unit, obj)
                known = None if owner is None else self.type_of_attribute(owner, attr)
                return known or self._loose_type(index, obj, attr)
            case Item(obj=obj, key=key):
                generic = self.type_of(unit, obj)
                if isinstance(generic, Class) or (isinstance(generic, Symbol) and is_class_name(generic.name)):
                    return generic
                double = self._as_double(generic)
                if double is not None:
                    return double
                constant = index.definition(key)
                if isinstance(constant, Const) and isinstance(constant.value, str):
                    return self._loose_type(index, obj, constant.value)
            case Call(decorator=True, arguments=(decorated,)):
                # What stands under a name is what was written there: who asks looks at its decorators.
                return self.type_of(unit, decorated.value)
            case Call():
                return self._infer_call(unit, op)
            case Await(src=src):
                return _awaited(self.type_of(unit, src))
            case Enter(manager=manager):
                return _first(self._entered(unit, store.src) for store in index.stores.get(manager, ()))
            case MakeFunction(unit=made):
                return Function(made, self.home)
            case MakeClass(unit=made):
                return Class(made, self.home)
            case Unpack(dsts=dsts, src=src):
                return self._infer_unpacked(index, dsts.index(temp), src)
        return None

    def _infer_unpacked(self, index: UnitIndex, position: int, src: Temp) -> Type | None:
        unit, made = index.unit.index, index.definition(src)
        if isinstance(made, Await):
            made = index.definition(made.src)
        if isinstance(made, Build):
            return self._type_of_item(unit, made, position)
        callee = self.type_of(unit, made.func) if isinstance(made, Call) else None
        there = self._at(callee) if isinstance(callee, Function) else None
        return (
            there.returned_item(callee.unit, position) if there is not None and isinstance(callee, Function) else None
        )

    def _type_of_item(self, unit: int, display: Build, position: int) -> Type | None:
        if any(display.stars) or position >= len(display.items):
            return None
        return self.type_of(unit, display.items[position])

    def returned_item(self, made: int, position: int) -> Type | None:
        """What an item of the tuple is that a function of this module returns."""
        return self._once(("item", made, position), lambda: self._infer_returned_item(made, position))

    def _infer_returned_item(self, made: int, position: int) -> Type | None:
        unit, index = self.module.units[made], self.module.indexes[made]
        if unit.returns:
            return self._named_types(unit.parent or 0, item_names(unit.returns, position))
        displays = (index.definition(store.src) for store in index.stores.get("$return", ()))
        return _first(self._type_of_item(made, op, position) for op in displays if isinstance(op, Build))

    def _entered(self, unit: int, manager: Temp) -> Type | None:
        known = self.type_of(unit, manager)
        match known:
            case Instance():
                return known
            case Pending(type=name, likely=likely):
                return Instance(name, likely)
            case None:
                index = self.module.index_of(unit, manager)
                call = index.definition(manager)
                callee = self.type_of(unit, call.func) if isinstance(call, Call) else None
                if isinstance(callee, Function) and (there := self._at(callee)) is not None:
                    return there.yielded_type(callee.unit)
        return None

    def yielded_type(self, made: int) -> Type | None:
        """What entering a context-manager function of this module gives: by its annotation, else by its ``yield``."""
        unit = self.module.units[made]
        if not is_context_manager(unit):
            return None
        if unit.returns:
            return self._named_types(unit.parent or 0, yielded_names(unit.returns))
        return self._once(("yielded", made), lambda: self._infer_yielded(made))

    def _infer_yielded(self, made: int) -> Type | None:
        yields = (op.src for op in self.module.indexes[made].of(Yield) if op.src is not None)
        return _first(self.type_of(made, src) for src in yields)

    def _infer_name(self, unit: int, name: str) -> Type | None:
        code = self.module.units[unit]
        scope = self.module.scope_of(code, name)
        if scope is None:
            return (
                _first(self._symbol(f"{module}.{name}") for module in self._star_imports)
                if self._star_imports
                else None
            )
        bindings = self._scope_bindings(scope, name)
        annotated = _first(
            self.type_of_annotation(index.unit.index, store.annotation) for index, store in bindings if store.annotation
        )
        parameter = self._parameter_type(scope, name)
        return (
            annotated
            or self._declared_type(scope, name)
            or parameter
            or self._telling(self.type_of(index.unit.index, store.src) for index, store in bindings)
        )

    def _telling(self, found: Iterator[Type | None]) -> Type | None:
        """The first that a model or the project knows something about; else the first."""
        first: Type | None = None
        for known in found:
            is_named_only = isinstance(known, Foreign) or (
                isinstance(known, Symbol) and known.name.partition(".")[0] not in self.catalog.packages
            )
            if known is not None and not is_named_only:
                return known
            first = first or known
        return first

    def _scope_bindings(self, scope: CodeUnit, name: str) -> list[tuple[UnitIndex, Store]]:
        if scope.index == 0:
            return list(self.module.global_stores(name))
        found = list(self.module.stores_of(scope.index, name))
        for index in self.module.mentioning("nonlocal"):
            if name in index.unit.nonlocal_names and self.module.scope_of(index.unit, name) is scope:
                found.extend((index, store) for store in index.stores.get(name, ()))
        return found

    def _declared_type(self, scope: CodeUnit, target: str) -> Type | None:
        annotation = self.module.indexes[scope.index].declared.get(target)
        return self.type_of_annotation(scope.index, annotation) if annotation is not None else None

    def _parameter_type(self, scope: CodeUnit, name: str) -> Type | None:
        for position, parameter in enumerate(scope.parameters):
            if parameter.name != name:
                continue
            if parameter.annotation:
                return self.type_of_annotation(scope.parent or 0, parameter.annotation)
            owner = self._method_owner(scope)
            if position == 0 and owner is not None:
                is_class = "classmethod" in scope.decorators or scope.name == "__new__"
                return Class(owner, self.home) if is_class else Object(owner, self.home)
            if MOCKER.fullmatch(name):
                return Instance("pytest_mock.MockerFixture")
            if position - (owner is not None) < self._patches.injected(scope.index):
                return Instance("unittest.mock.MagicMock")
        return None

    @cached_property
    def _patches(self) -> Patches:
        return Patches(self.module)

    def _method_owner(self, unit: CodeUnit) -> int | None:
        if unit.parent is None or unit.kind is not UnitKind.FUNCTION or "staticmethod" in unit.decorators:
            return None
        return unit.parent if self.module.units[unit.parent].kind is UnitKind.CLASS else None

    def _named_types(self, unit: int, names: tuple[str, ...]) -> Type | None:
        foreign: Type | None = None
        for dotted in names:
            known = self.type_of_dotted(unit, dotted)
            match known:
                case Symbol(name=name):
                    model = self.catalog.types.get(name)
                    if model is not None:
                        return Instance(model.name)
                    if name not in _ANYTHING:
                        foreign = foreign or Foreign(name)
                case Class(unit=made, home=home):
                    base = self._modelled_base(known)
                    return Instance(base) if base and base in self.catalog.types else Object(made, home)
        return foreign

    # -- attributes --------------------------------------------------------------------------------

    def type_of_attribute(self, owner: Type, attr: str) -> Type | None:
        """What ``owner.attr`` is."""
        match owner:
            case Symbol(name=name):
                return self._symbol(f"{name}.{attr}")
            case Instance() | Pending():
                return Member(owner, attr)
            case Member(owner=Instance() as inner, name=name):
                given = self._given(inner, name)
                return Member(given, attr) if given else None
            case Object() | Class():
                there = self._at(owner)
                return there.attribute_of(owner.unit, attr) if there is not None else None
        return None

    def attribute_of(self, made: int, attr: str) -> Type | None:
        """What an attribute of a class of this module, or of its objects, is."""
        return self._once(("attribute", made, attr), lambda: self._infer_attribute(made, attr))

    def _symbol(self, name: str) -> Type:
        """What a full dotted name means: what a model says, else what the project says, else just a name."""
        catalog = self.catalog
        if name in catalog.acquires or name in catalog.makers or name in catalog.types:
            return Symbol(name)
        return self.program.resolve(name, self.home) or Symbol(name)

    def _at(self, known: Function | Class | Object) -> Provenance | None:
        """The provenance of the module that a function, class or object belongs to."""
        if known.home == self.home:
            return self
        module = self.program.module(known.home)
        return module.provenance if module is not None else None

    def _infer_attribute(self, made: int, attr: str) -> Type | None:
        child = self.module.children(made).get(attr)
        if child is not None:
            return self._member_unit(child)
        declared = self._declared_type(self.module.units[made], attr)
        if declared is not None:
            return declared
        stored = self._telling(self._attribute_values(made, attr))
        if stored is not None:
            return stored
        class_level = self.module.indexes[made].stores.get(attr, ())
        own = _first(
            self.type_of_annotation(made, store.annotation) if store.annotation else self.type_of(made, store.src)
            for store in class_level
        )
        return own or _first(
            self.type_of_attribute(
                Object(base.unit, base.home) if isinstance(base, Class) else Instance(base.name), attr
            )
            for base in self.bases_of(made)
            if isinstance(base, Class) or base.name in self.catalog.types
        )

    def _member_unit(self, child: int) -> Type | None:
        unit = self.module.units[child]
        if unit.kind is UnitKind.CLASS:
            return Class(child, self.home)
        if any(d.rpartition(".")[2] in ("property", "cached_property") for d in unit.decorators):
            return self.returned_type(child)
        return Function(child, self.home, bound="staticmethod" not in unit.decorators)

    def _attribute_values(self, made: int, attr: str) -> Iterator[Type | None]:
        for index, op in self.module.self_stores(made, attr):
            if op.annotation is not None:
                yield self.type_of_annotation(index.unit.index, op.annotation)
            elif isinstance(op, SetAttr):
                yield self.type_of(index.unit.index, op.src)

    def _loose_type(self, index: UnitIndex, obj: Temp, attr: str) -> Type | None:
        path = index.path(obj)
        if path is None:
            return None
        values = self.module.loose_stores(path.rpartition(".")[2], attr)
        return _first(self.type_of(i.unit.index, temp) for i, temp in values)

    def bases_of(self, made: int) -> Iterator[Symbol | Class]:
        """The base classes of a class of this module, as far as their names lead somewhere."""
        unit = self.module.units[made]
        for base in unit.bases:
            for dotted in annotated_names(base):
                known = self.type_of_dotted(unit.parent or 0, dotted)
                if isinstance(known, Symbol | Class) and known != Class(made, self.home):
                    yield known

    def _modelled_base(self, known: Class, depth: int = 0) -> str | None:
        """The canonical name of the modelled type that a class of the project derives from."""
        there = self._at(known)
        for base in there.bases_of(known.unit) if there is not None else ():
            if isinstance(base, Symbol) and base.name in self.catalog.types:
                return self.catalog.types[base.name].name
            if isinstance(base, Class) and depth < 10:
                found = self._modelled_base(base, depth + 1)
                if found:
                    return found
        return None

    # -- calls -------------------------------------------------------------------------------------

    def _infer_call(self, unit: int, call: Call) -> Type | None:
        found = self.acquire_of(unit, call)
        if found is not None:
            acquire, likely = found
            if acquire.model.form is Form.PLAIN:
                return Instance(acquire.resource.type, likely)
            return Pending(acquire.resource.type, likely)
        callee = self.type_of(unit, call.func)
        match callee:
            case Symbol(name=name):
                return self._imported_call(unit, call, name)
            case Member(owner=(Instance() | Pending()) as owner, name=method):
                return self._method_call(owner, method)
            case Instance(type=name) if self._is_double_type(name):
                return callee
            case Class(unit=made, home=home):
                base = self._modelled_base(callee)
                return Instance(base) if base else Object(made, home)
            case Function(unit=made):
                there = self._at(callee)
                return there.called_type(made) if there is not None else None
        return None

    def _imported_call(self, unit: int, call: Call, name: str) -> Type | None:
        maker = self.catalog.makers.get(name)
        if maker is not None:
            # An object that may be awaited or entered is already the object itself (asyncpg's pool).
            return Pending(maker.gives) if maker.form is Form.AWAIT else Instance(maker.gives)
        model = self.catalog.types.get(name)
        if model is not None:
            return Instance(model.name)
        arguments = [a.value for a in call.arguments if not a.keyword and not a.star]
        if name in _PASSES_FIRST and arguments:
            passed = self.type_of(unit, arguments[0])
            return _awaited(passed) if name == "asyncio.run" else passed
        if name in _IMPORTS and arguments:
            imported = self.module.index_of(unit, arguments[0]).definition(arguments[0])
            named = imported.value if isinstance(imported, Const) and isinstance(imported.value, str) else ""
            return self._symbol(named) if named and not named.startswith(".") else None
        if name == "functools.partial" and arguments:
            return self.type_of(unit, arguments[0])
        if name in _PASSES_SECOND and len(arguments) == 2:
            return self.type_of(unit, arguments[1])
        return None

    def _method_call(self, owner: Instance | Pending, method: str) -> Type | None:
        maker = self.catalog.maker_of(owner.type, method)
        if maker is not None:
            return (Pending if maker.form is Form.AWAIT else Instance)(maker.gives, owner.likely)
        return self._given(owner, method)

    def _given(self, owner: Instance | Pending, member: str) -> Type | None:
        """What the attribute ``member``, or a call of that method, gives by the model of the owner's type."""
        if self._is_double_type(owner.type):
            return owner
        model = self.catalog.types.get(owner.type)
        for name, gives in model.members if model else ():
            if name == member:
                return owner if gives == "self" else Instance(gives, owner.likely)
        return None

    def called_type(self, made: int) -> Type | None:
        """What a call of a function of this module gives."""
        unit = self.module.units[made]
        if unit.is_generator:
            return None
        returned = self.returned_type(made)
        if unit.is_async and isinstance(returned, Instance):
            return Pending(returned.type, returned.likely)
        return None if unit.is_async else returned

    def returned_type(self, made: int) -> Type | None:
        """What a function of this module returns: by its annotation, else by its ``return`` statements."""
        return self._once(("returned", made), lambda: self._infer_returned(made))

    def _infer_returned(self, made: int) -> Type | None:
        unit = self.module.units[made]
        if unit.returns:
            return self.type_of_annotation(unit.parent or 0, unit.returns)
        stores = self.module.indexes[made].stores.get("$return", ())
        return _first(self.type_of(made, store.src) for store in stores)


def is_context_manager(unit: CodeUnit) -> bool:
    """Whether the unit is a generator function under ``contextlib.contextmanager`` or its async twin."""
    return unit.is_generator and any(
        decorator.partition("(")[0].rpartition(".")[2] in MANAGER_DECORATORS for decorator in unit.decorators
    )


def _awaited(known: Type | None) -> Type | None:
    return Instance(known.type, known.likely) if isinstance(known, Pending) else known


def _first(found: Iterator[Type | None]) -> Type | None:
    return next((known for known in found if known is not None), None)
