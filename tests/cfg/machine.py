"""A machine that executes lowered units: what a graph *means*, independent of any analysis.

Ops work on real Python objects. Where control flow is decided at run time the machine follows the edges that the graph
offers, and fails where there is none. So running a program here and in CPython compares lowering with Python itself.
Every unit runs as a Python generator: what a coroutine or generator would yield to its driver, so does the machine.
"""

from __future__ import annotations

import asyncio
import builtins
import operator
from collections.abc import Callable, Generator
from typing import Any

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EXCEPTIONAL, BasicBlock, CodeModule, CodeUnit, Edge, EdgeKind, ExitKind
from pgleak_lint.cfg.raising import kinds_of
from tests.cfg.world import Thrown

OPERATORS: dict[str, Callable[..., Any]] = {
    "not": operator.not_, "-": operator.sub, "+": operator.add, "*": operator.mul, "==": operator.eq,
    "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "is": operator.is_, "is-not": operator.is_not, "in": lambda a, b: a in b, "not-in": lambda a, b: a not in b,
    "format": lambda *parts: "", "slice": lambda *parts: slice(None),
}  # fmt: skip

PATTERNS: dict[str, Callable[[ops.MatchTest, Any], bool]] = {
    "none": lambda op, value: value is None,
    "true": lambda op, value: value is True,
    "false": lambda op, value: value is False,
    "value": lambda op, value: bool(value == op.constant),
    "class": lambda op, value: isinstance(value, getattr(builtins, op.class_name or "object")),
    "sequence": lambda op, value: isinstance(value, list | tuple),
    "mapping": lambda op, value: isinstance(value, dict),
}

UNTESTABLE = object()
"""What a pattern captured: the op says that nothing is known about it."""


class Mismatch(AssertionError):
    """The graph has no way on for what happened."""


class Missing(Exception):
    """A variable is read that holds nothing: a fault of the program, not of the graph."""


def kind_of(error: BaseException) -> EdgeKind:
    """The kind of edge that a real exception takes."""
    if isinstance(error, asyncio.CancelledError):
        return EdgeKind.CANCELLATION
    if isinstance(error, GeneratorExit):
        return EdgeKind.GENERATOR_CLOSE
    return EdgeKind.SYSTEM_EXIT if isinstance(error, SystemExit | KeyboardInterrupt) else EdgeKind.EXCEPTION


EXIT_OF = {
    EdgeKind.EXCEPTION: ExitKind.EXCEPTION,
    EdgeKind.CANCELLATION: ExitKind.CANCELLATION,
    EdgeKind.GENERATOR_CLOSE: ExitKind.GENERATOR_CLOSE,
    EdgeKind.SYSTEM_EXIT: ExitKind.PROCESS_END,
}


class Machine:
    """One activation of one unit."""

    def __init__(self, module: CodeModule, unit: CodeUnit, names: dict[str, Any], outer: Machine | None = None) -> None:
        assert unit.graph is not None
        self.module, self.unit, self.graph, self.names, self.outer = module, unit, unit.graph, names, outer
        self.temps: dict[int, Any] = {}
        self.pending: list[BaseException] = []
        self.caught: list[BaseException] = []
        self.steps: list[str] = []

    def run(self) -> Generator[Any, Any, Any]:
        """Execute to an exit: returns or raises what the unit does."""
        exits = {number: kind for kind, number in self.graph.exits}
        number = self.graph.entry
        while number not in exits:
            self.steps.append(str(number))
            number = yield from self._block(self.graph.blocks[number])
        if exits[number] is ExitKind.RETURN:
            return self.names.get("$return")
        if not self.pending:
            raise Mismatch(f"{exits[number].value} exit, but nothing was raised")
        error = self.pending[-1]
        if exits[number] is not EXIT_OF[kind_of(error)]:
            raise Mismatch(f"{type(error).__name__} leaves by the {exits[number].value} exit")
        raise error

    def _block(self, block: BasicBlock) -> Generator[Any, Any, int]:
        for op in block.ops[:-1]:
            yield from self._op(op)
        if not block.ops:
            return self._choose(block)
        last = block.ops[-1]
        try:
            taken = yield from self._op(last)
        except (Mismatch, Missing):
            raise
        except BaseException as caught:
            error = caught.error if isinstance(caught, Thrown) else caught
            if not kinds_of(last) and not isinstance(last, ops.Raise):
                raise Mismatch(f"{type(error).__name__} from an op that can't raise: {last}") from caught
            return self._raise(block, error)
        kind = EdgeKind.NORMAL if taken is None else taken
        edges = [edge for edge in block.edges if edge.kind is kind]
        if isinstance(last, ops.Exit) and last.exceptional and kind is EdgeKind.NORMAL:
            return self._raise(block, self.pending.pop())
        if len(edges) != 1:
            raise Mismatch(f"block {block.id} has {len(edges)} {kind.value} edges behind {last}")
        return edges[0].target

    def _raise(self, block: BasicBlock, error: BaseException) -> int:
        kind = kind_of(error)
        edges = [edge for edge in block.edges if edge.kind is kind]
        if len(edges) != 1:
            raise Mismatch(f"block {block.id} has {len(edges)} {kind.value} edges for {type(error).__name__}")
        # A handler that raises again names the class it caught, which may be a base of the one under way.
        named = {base.__name__ for base in type(error).__mro__}
        if edges[0].raised is not None and edges[0].raised.rpartition(".")[2] not in named:
            raise Mismatch(f"block {block.id} says that {edges[0].raised} is raised, not {type(error).__name__}")
        self.pending.append(error)
        return self._arrive(edges[0])

    def _arrive(self, edge: Edge) -> int:
        first = self.graph.blocks[edge.target].ops[:1]
        if first and isinstance(first[0], ops.Catch) and not self._stops(first[0]):
            raise Mismatch(f"{first[0]} is certain to catch {type(self.pending[-1]).__name__}, and does not")
        return edge.target

    def _choose(self, block: BasicBlock) -> int:
        if len(block.edges) == 1:
            return block.edges[0].target
        kind = kind_of(self.pending[-1])
        for edge in block.edges:
            if edge.kind not in EXCEPTIONAL:
                continue
            if edge.kind is not kind:
                raise Mismatch(f"block {block.id} chooses for {edge.kind.value}, {kind.value} is pending")
            first = self.graph.blocks[edge.target].ops[:1]
            if not first or not isinstance(first[0], ops.Catch) or self._stops(first[0]):
                return edge.target
        raise Mismatch(f"block {block.id} has nowhere to go for {type(self.pending[-1]).__name__}")

    def _stops(self, op: ops.Catch) -> bool:
        types = eval(op.types, self._globals()) if op.types else BaseException
        return isinstance(self.pending[-1], types)

    def _globals(self) -> dict[str, Any]:
        machine = self
        while machine.outer is not None:
            machine = machine.outer
        return machine.names

    def _holder(self, name: str) -> dict[str, Any]:
        """The namespace that ``name`` stands in, seen from here."""
        if name in self.unit.bound or name[:1] == "$":
            return self.names
        machine: Machine | None = self.outer
        while machine is not None:
            if name in machine.unit.bound or machine.outer is None:
                return machine.names
            machine = machine.outer
        return self.names

    def _load(self, name: str) -> Any:
        names = self._holder(name)
        if name in names:
            return names[name]
        if hasattr(builtins, name):
            return getattr(builtins, name)
        raise Missing(name)

    def _op(self, op: ops.Op) -> Generator[Any, Any, EdgeKind | None]:
        """Execute one op; the kind of edge it goes on by, None for the normal one."""
        read = [self.temps.pop(temp) for temp in ops.read_temps(op)]
        match op:
            case ops.Load(dst=dst, name=name):
                self.temps[dst] = self._load(name)
            case ops.Store(name=name):
                self._holder(name)[name] = read[0]
            case ops.Delete(name=name):
                self._holder(name).pop(name, None)
            case ops.Const(dst=dst, value=value):
                self.temps[dst] = ... if isinstance(value, ops.EllipsisValue) else value
            case ops.Attr(dst=dst, attr=attr):
                self.temps[dst] = getattr(read[0], attr)
            case ops.SetAttr(attr=attr):
                setattr(read[0], attr, read[1])
            case ops.DelAttr(attr=attr):
                delattr(read[0], attr)
            case ops.Item(dst=dst):
                self.temps[dst] = read[0][read[1]]
            case ops.SetItem():
                read[0][read[1]] = read[2]
            case ops.DelItem():
                del read[0][read[1]]
            case ops.Call(dst=dst, arguments=arguments):
                positional: list[Any] = []
                keywords: dict[str, Any] = {}
                for argument, value in zip(arguments, read[1:]):
                    if argument.star == "*":
                        positional.extend(value)
                    elif argument.star == "**":
                        keywords.update(value)
                    elif argument.keyword is not None:
                        keywords[argument.keyword] = value
                    else:
                        positional.append(value)
                self.temps[dst] = read[0](*positional, **keywords)
            case ops.Compute(dst=dst, operator=sign):
                self.temps[dst] = OPERATORS[sign](*read)
            case ops.Build(dst=dst):
                self.temps[dst] = self._display(op, read)
            case ops.Append(container=container):
                target = self.names[container]
                target.add(read[0]) if isinstance(target, set) else target.append(read[0])
            case ops.Unpack(dsts=dsts, star=star):
                self.temps.update(zip(dsts, _unpack(read[0], len(dsts), star)))
            case ops.MakeFunction(dst=dst, unit=unit):
                self.temps[dst] = self._function(self.module.units[unit])
            case ops.Copy(dst=dst):
                self.temps[dst] = read[0]
            case ops.Unknown(dst=dst):
                self.temps[dst] = self.caught[-1] if self.caught else UNTESTABLE
            case ops.Catch():
                self.caught.append(self.pending.pop())
            case ops.MatchTest(dst=dst, subject=subject, pattern=pattern):
                self.temps[dst] = PATTERNS[pattern](op, self.names[subject])
            case ops.Branch():
                return EdgeKind.TRUE if read[0] else EdgeKind.FALSE
            case ops.Raise():
                raise self._raised(op, read)
            case ops.Drop() | ops.Leave() | ops.Declare():
                pass
            case ops.Await(dst=dst):
                self.temps[dst] = yield from read[0].__await__()
            case ops.Yield(dst=dst, delegates=delegates):
                self.temps[dst] = (yield from read[0]) if delegates else (yield read[0])
            case _:
                return (yield from self._protocol(op, read))
        return None

    def _raised(self, op: ops.Raise, read: list[Any]) -> BaseException:
        """What a raise raises. The failing arm of an ``assert`` has the message where others have the exception."""
        value = read[0] if op.src is not None else self.caught[-1] if self.caught else None
        if isinstance(value, type) and issubclass(value, BaseException):
            return value()
        return value if isinstance(value, BaseException) else AssertionError(value)

    def _protocol(self, op: ops.Op, read: list[Any]) -> Generator[Any, Any, EdgeKind | None]:
        match op:
            case ops.Enter(dst=dst, manager=name, is_async=is_async):
                manager = self.names[name]
                self.temps[dst] = (yield from manager.__aenter__().__await__()) if is_async else manager.__enter__()
            case ops.Exit(manager=name, is_async=is_async, exceptional=exceptional):
                manager = self.names.pop(name)
                error = self.pending[-1] if exceptional else None
                details = (type(error), error, None) if error is not None else (None, None, None)
                if is_async:
                    swallowed = yield from manager.__aexit__(*details).__await__()
                else:
                    swallowed = manager.__exit__(*details)
                if exceptional and swallowed:
                    self.pending.pop()
                    return EdgeKind.SWALLOW
            case ops.Iterate(dst=dst, is_async=is_async, nonempty=nonempty):
                self.temps[dst] = aiter(read[0]) if is_async else iter(read[0])
                if nonempty and not is_async and not list(read[0]):
                    raise Mismatch(f"said to be nonempty: {op}")
            case ops.Next(dst=dst, iterator=name, is_async=is_async):
                try:
                    if is_async:
                        self.temps[dst] = yield from anext(self.names[name]).__await__()
                    else:
                        self.temps[dst] = next(self.names[name])
                except (StopIteration, StopAsyncIteration):
                    return EdgeKind.FALSE
                return EdgeKind.TRUE
            case _:
                raise Missing(f"the machine does not know {op}")
        return None

    def _display(self, op: ops.Build, read: list[Any]) -> Any:
        if op.kind == "dict":
            return dict(zip(read[::2], read[1::2])) if read else []
        items: list[Any] = []
        for value, star in zip(read, op.stars):
            items.extend(value) if star else items.append(value)
        return {"tuple": tuple, "list": list, "set": set}[op.kind](items)

    def _function(self, unit: CodeUnit) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            names = dict(zip((parameter.name for parameter in unit.parameters), values))
            running = Machine(self.module, unit, names, self).run()
            try:
                next(running)
            except StopIteration as stop:
                return stop.value
            raise Missing("a nested generator")

        return call


def _unpack(value: Any, count: int, star: int | None) -> list[Any]:
    items = list(value)
    if star is None:
        if len(items) != count:
            raise ValueError("wrong number of values to unpack")
        return items
    behind = count - star - 1
    if len(items) < count - 1:
        raise ValueError("not enough values to unpack")
    return [*items[:star], items[star : len(items) - behind], *items[len(items) - behind :]]
