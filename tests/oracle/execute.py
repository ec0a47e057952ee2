"""Runs a program in every way it can go, and records what each way leaves unreleased.

Everything that the source does not decide is a *choice*: the value of a condition, whether a call raises,
whether an exception is of the handler's class, how often a loop turns, where a coroutine is cancelled.
`explore` walks all tapes of choices depth first. Some choices are *doubtful*: the contract
(docs/semantics.md) lets the analysis follow them or not (``putconn(None)``, a release that is cancelled).
What only a doubtful execution leaks may be reported and need not be, so a site has two answers:
`SiteOutcome.surely` and `SiteOutcome.possibly`.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import itertools
import re
import sys
import types
import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.programs import COROUTINES, Program, Rendered, render

RETURN = "return"
EXCEPTION = "exception"
CANCELLATION = "cancellation"
GENERATOR_CLOSE = "generator-close"

_MAX_CHOICES = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """``turns`` is the number of turns of each loop, ``executions`` the number of executions of a program."""

    turns: int = 2
    executions: int = 1500


@dataclass(slots=True)
class SiteOutcome:
    """The exits on which some connection of an acquire site is still held."""

    surely: set[str] = field(default_factory=set)
    possibly: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Outcome:
    """What all executions of a program have shown.

    ``sites`` maps the line of each acquire that succeeded at least once; ``cut`` are the lines of those that were held
    when an execution was cut short in an endless loop. ``capped``: there are more
    executions than the limit. ``unbound``: a variable without a value was read where the contract does not
    say what happens then. ``double`` and ``used`` are lines of second releases and of uses after the release,
    in undoubtful executions.
    """

    sites: dict[int, SiteOutcome] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)
    executions: int = 0
    capped: bool = False
    unbound: bool = False
    double: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)


_GROUPS: tuple[type[BaseException], ...] = tuple(filter(None, [getattr(builtins, "BaseExceptionGroup", None)]))
"""What ``except*`` raises again is in one of these."""


_GIVEN = re.compile(r"\bgiven\b")


class Injected(Exception):
    """An exception that an opaque call raises. Its class is decided by the first handler that asks."""

    is_value: bool | None = None


class Ended(BaseException):
    """Ends the block of an asynchronous context manager, as a cancellation does. Not a `GeneratorExit`, which Python itself throws into
    generators that nobody wants any more."""


class Refused(Exception):
    """What the pool raises when it is given something that is no connection."""

    is_value: bool | None = False


class Abandoned(BaseException):
    """The execution went past the bound of a loop: it does not count."""


class _Unbound:
    """Stands for the missing value of a variable."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __bool__(self) -> bool:
        self.world.unbound = True
        return False


class _Nothing:
    """The subject of a method call that is no connection."""

    def __init__(self, world: World) -> None:
        self.world = world

    def execute(self, statement: str) -> Any:
        return self.world.result_of_use()


class Connection:
    """What the fake pool hands out."""

    __slots__ = ("held", "line", "moved", "world")

    def __init__(self, world: World, line: int) -> None:
        self.world = world
        self.line = line
        self.held = True
        self.moved = False

    def execute(self, statement: str) -> Any:
        world = self.world
        if not self.held and not world.doubtful:
            world.used.add(sys._getframe(1).f_lineno)
        return world.result_of_use()


class World:
    """The state of one execution, and the tape that it follows."""

    def __init__(self, limits: Limits, is_async: bool, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.limits = limits
        self.loop = loop
        self.is_async = is_async
        self.unbound_value = _Unbound(self)
        self.tape: list[int] = []
        self.sizes: list[int] = []
        self.unbound = False
        self.double: set[int] = set()
        self.used: set[int] = set()
        self.reset()

    def reset(self) -> None:
        self.position = 0
        self.doubtful = False
        self.abandoned = False
        self.connections: list[Connection] = []
        self.parameters: dict[int, bool] = {}
        self.turns: dict[int, int] = {}

    def task(self) -> asyncio.Task[object] | None:
        """The task that runs the program on a real event loop; None where it is driven by hand."""
        return asyncio.current_task(self.loop) if self.loop is not None else None

    def choose(self, options: int) -> int:
        position = self.position
        self.position = position + 1
        tape = self.tape
        if position < len(tape):
            return tape[position]
        if position >= _MAX_CHOICES:
            self.abandon()
        tape.append(0)
        self.sizes.append(options)
        return 0

    def abandon(self) -> None:
        self.abandoned = True
        raise Abandoned

    def advance(self) -> bool:
        """Go to the next tape; False when there is none."""
        tape, sizes = self.tape, self.sizes
        while tape:
            tape[-1] += 1
            if tape[-1] < sizes[-1]:
                return True
            tape.pop()
            sizes.pop()
        return False

    # what the programs call

    def fault(self) -> None:
        if self.choose(2):
            raise Injected

    def work(self, *values: object) -> None:
        self.check(*values)
        if self.choose(2):
            raise Injected

    def result_of_use(self) -> Any:
        if self.is_async:
            return self.pause()
        self.fault()
        return None

    @types.coroutine
    def suspend(self, *, doubtful: bool) -> Generator[bool | None, None, None]:
        """A point at which the coroutine may be cancelled: by whoever drives it by hand, or by its own task."""
        task = self.task()
        if task is None:
            yield doubtful
            return
        if self.choose(2):
            self.doubtful = self.doubtful or doubtful
            task.cancel()
        yield None

    @types.coroutine
    def pause(self, *values: object) -> Generator[bool | None, None, None]:
        self.check(*values)
        yield from self.suspend(doubtful=False)
        if self.choose(2):
            raise Injected

    def cond(self) -> bool:
        pick = self.choose(3)
        if pick == 2:
            raise Injected
        return pick == 0

    def parameter(self, number: int) -> bool:
        value = self.parameters.get(number)
        if value is None:
            value = self.parameters[number] = self.choose(2) == 0
        return value

    def given(self, text: str) -> dict[str, Given | None]:
        """The argument that is None, or not, for a program that uses it."""
        if len(_GIVEN.findall(text)) < 2:
            return {}
        return {"given": Given(self, 0) if self.choose(2) else None}

    def check(self, *values: Any) -> Any:
        for value in values:
            if value is self.unbound_value:
                self.unbound = True
        return values[0] if values else None

    def subject(self, value: Any) -> Any:
        """The subject of a method call. That ``None`` has no such method is doubtful: a call may or may not
        raise."""
        if isinstance(value, Connection):
            return value
        self.check(value)
        self.doubtful = True
        return _Nothing(self)

    def is_none(self, value: object) -> bool:
        if value is self.unbound_value:
            self.unbound = True
        return value is None

    def tick(self, loop: int) -> bool:
        """Another turn of an endless loop, or of one whose test decides."""
        turns = self.turns[loop] = self.turns.get(loop, 0) + 1
        if self.abandoned or turns > self.limits.turns + 1:
            self.abandon()
        return True

    def while_cond(self, loop: int) -> bool:
        """``while cond():``."""
        if self.abandoned:
            self.abandon()
        turns = self.turns.get(loop, 0)
        if turns >= self.limits.turns:
            if self.choose(2):
                raise Injected
            return False
        pick = self.choose(3)
        if pick == 2:
            raise Injected
        if pick == 0:
            self.turns[loop] = turns + 1
        return pick == 0

    def items(self) -> Iterator[int]:
        """``items()``: the call and each step may raise, and there may be none."""
        self.fault()
        return self._items()

    def _items(self) -> Iterator[int]:
        for _ in range(self.limits.turns):
            if self.abandoned:
                self.abandon()
            pick = self.choose(3)
            if pick == 2:
                raise Injected
            if pick == 1:
                return
            yield 0
        self.fault()

    def some(self) -> Iterator[int]:
        """``range(2)`` and ``(1, 2)``: two turns, and nothing raises. To know only that there is one at least
        is allowed."""
        for turn in range(max(2, self.limits.turns)):
            if self.abandoned:
                self.abandon()
            if turn == 1 and self.choose(2):
                self.doubtful = True
                return
            if turn == 2:
                if not self.choose(2):
                    return
                self.doubtful = True
            if turn > 2 and self.choose(2):
                return
            yield 0

    def matches(self) -> Any:
        """``except ValueError``: decided once for each exception; to decide otherwise later is doubtful."""
        error = sys.exc_info()[1]
        if error is None:
            raise AssertionError("no exception is being handled")
        return Exception if self.is_value_error(error) else ()

    def is_value_error(self, error: BaseException | None) -> bool:
        if isinstance(error, ValueError):
            if not getattr(error, "caught", False):
                error.caught = True  # type: ignore[attr-defined]
                return True
            if self.choose(2):
                self.doubtful = True
                return False
            return True
        if isinstance(error, Injected):
            if error.is_value is None:
                error.is_value = self.choose(2) == 0
                return error.is_value
            if self.choose(2):
                self.doubtful = True
                return not error.is_value
            return error.is_value
        if isinstance(error, Exception) and self.choose(2):
            self.doubtful = True
            return True
        return False

    # the pool

    def give_back(self, value: object, line: int) -> None:
        if isinstance(value, Given):
            return
        if isinstance(value, Connection):
            if not value.held and not self.doubtful:
                self.double.add(line)
            value.held = False
            return
        self.doubtful = True
        if self.choose(2) == 0:
            raise Refused


class _Suppress:
    """``contextlib.suppress(ValueError)``."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        return error is not None and self.world.is_value_error(error)


class _Pool:
    """``psycopg2.pool.ThreadedConnectionPool``."""

    def __init__(self, world: World) -> None:
        self.world = world

    def getconn(self) -> Connection:
        world = self.world
        if world.choose(2):
            raise Injected
        connection = Connection(world, sys._getframe(1).f_lineno)
        world.connections.append(connection)
        return connection

    def putconn(self, conn: object) -> None:
        self.world.give_back(conn, sys._getframe(1).f_lineno)


class _AsyncPool:
    """``asyncpg.Pool``. Each suspension yields whether its cancellation is doubtful."""

    def __init__(self, world: World) -> None:
        self.world = world

    def acquire(self) -> Any:
        return self._acquire(sys._getframe(1).f_lineno)

    @types.coroutine
    def _acquire(self, line: int) -> Generator[bool | None, None, Connection]:
        world = self.world
        yield from world.suspend(doubtful=False)
        if world.choose(2):
            raise Injected
        connection = Connection(world, line)
        world.connections.append(connection)
        return connection

    def release(self, connection: object) -> Any:
        return self._release(connection, sys._getframe(1).f_lineno)

    @types.coroutine
    def _release(self, connection: object, line: int) -> Generator[bool | None, None, None]:
        self.world.give_back(connection, line)
        yield from self.world.suspend(doubtful=True)


class _Owner:
    """An object whose attributes outlive the function."""

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, Connection):
            value.moved = True


class _Bag:
    """A list that outlives the function; whether ``append`` can raise is doubtful."""

    def __init__(self, world: World) -> None:
        self.world = world

    def append(self, value: object) -> None:
        self.world.check(value)
        if self.world.choose(2):
            self.world.doubtful = True
            raise Injected
        if isinstance(value, Connection):
            value.moved = True


class Given(Connection):
    """What the caller gives: its own business. That it is true in a test is likely, not sure."""

    __slots__ = ("truth",)

    def __bool__(self) -> bool:
        if not hasattr(self, "truth"):
            self.truth = self.world.choose(2) == 0
            self.world.doubtful = self.world.doubtful or not self.truth
        return self.truth

    def execute(self, statement: str) -> Any:
        return self.world.result_of_use()


def _namespace(world: World) -> dict[str, Any]:
    return {
        "_ub": world.unbound_value,
        "_p": world.parameter,
        "_isnone": world.is_none,
        "_same": lambda left, right: world.check(left, right) is right,
        "_check": world.check,
        "_subject": world.subject,
        "_tick": world.tick,
        "_while": world.while_cond,
        "_items": world.items,
        "_some": world.some,
        "_matches": world.matches,
        "_suppress": lambda: _Suppress(world),
        "asyncio": asyncio,
        "contextlib": contextlib,
        "cond": world.cond,
        "pause": world.pause,
        "work": world.work,
    }


def _drive_coroutine(world: World, coroutine: Any) -> object:
    """Run by hand: at each suspension it is resumed or cancelled."""
    if world.loop is not None:
        return world.loop.run_until_complete(coroutine)
    try:
        doubtful = coroutine.send(None)
        while True:
            if world.choose(2):
                world.doubtful = world.doubtful or doubtful
                doubtful = coroutine.throw(asyncio.CancelledError())
            else:
                doubtful = coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        coroutine.close()


def _drive_generator(world: World, generator: Any) -> object:
    """Run by hand: at each ``yield`` it is resumed or closed."""
    closed = False
    try:
        next(generator)
        while True:
            world.doubtful = world.doubtful or closed  # it caught the close and yields again
            if world.choose(2):
                closed = True
                generator.throw(GeneratorExit())
            else:
                next(generator)
    except StopIteration as stop:
        return stop.value


def _drive_manager(world: World, generator: Any) -> object:
    """Run by hand, as a ``with`` does: at the ``yield`` it is resumed, or the exception of the block is thrown in."""
    try:
        next(generator)
        for turn in itertools.count():
            world.doubtful = world.doubtful or turn > 0  # it may yield only once
            if world.choose(2):
                generator.throw(Injected())
            else:
                next(generator)
    except StopIteration as stop:
        return stop.value


def _drive_async_manager(world: World, generator: Any) -> object:
    """Run by hand, as an ``async with`` does: as a coroutine while it runs, and at the ``yield`` it is resumed, or the exception of the block
    is thrown in, or one that ``except Exception`` does not catch (a cancellation of the block)."""
    try:
        _drive_coroutine(world, generator.__anext__())
        for turn in itertools.count():
            world.doubtful = world.doubtful or turn > 0  # it may yield only once
            thrown = (None, Injected, Ended)[world.choose(3)]
            _drive_coroutine(world, generator.__anext__() if thrown is None else generator.athrow(thrown()))
    except StopAsyncIteration:
        return None


_DRIVERS: dict[str, Callable[[World, Any], object]] = {
    "sync": lambda world, value: value,
    "async": _drive_coroutine,
    "generator": _drive_generator,
    "manager": _drive_manager,
    "async-manager": _drive_async_manager,
}


class InvalidProgram(Exception):
    """The text is no valid Python, or not of the fragment (a shrinking step cut too much)."""


def explore(program: Program, limits: Limits | None = None) -> Outcome:
    """Run ``program`` in every way."""
    return explore_text(render(program).run, program.mode, limits)


def explore_text(
    text: str, mode: str = "sync", limits: Limits | None = None, loop: asyncio.AbstractEventLoop | None = None
) -> Outcome:
    """As `explore`, for the executable text of a program. ``loop``: a coroutine is run as a task on it, not by hand."""
    limits = limits or Limits()
    world = World(limits, mode in COROUTINES, loop)
    namespace = _namespace(world)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            exec(compile(text, "<program>", "exec"), namespace)
    except SyntaxError as error:
        raise InvalidProgram(str(error)) from error
    target = namespace["target"]
    drive = _DRIVERS[mode]
    pool = _AsyncPool(world) if mode in COROUTINES else _Pool(world)
    owner, bag = _Owner(), _Bag(world)
    outcome = Outcome()
    while True:
        world.reset()
        returned: object = None
        try:
            returned = drive(world, target(pool, owner, bag, **world.given(text)))
            kind = RETURN
        except Abandoned:
            kind = ""
        except asyncio.CancelledError:
            kind = CANCELLATION
        except (GeneratorExit, Ended):
            kind = GENERATOR_CLOSE
        except (Injected, Refused, ValueError, *_GROUPS):
            kind = EXCEPTION
        except (NameError, RuntimeError) as error:
            if "ignored GeneratorExit" in str(error):
                kind = ""  # from Python 3.13 on, some that suspend again after a cancellation are closed instead
            elif isinstance(error, RuntimeError) and "No active exception" not in str(error):
                raise
            else:
                raise InvalidProgram(str(error)) from error
        outcome.executions += 1
        if kind and not world.abandoned:
            _record(world, outcome, kind, returned)
        else:
            outcome.cut.update(c.line for c in world.connections if c.held and not c.moved)
        if world.unbound:
            break
        if not world.advance():
            break
        if outcome.executions >= limits.executions:
            outcome.capped = True
            break
    outcome.unbound = world.unbound
    outcome.double, outcome.used = world.double, world.used
    return outcome


def _record(world: World, outcome: Outcome, kind: str, returned: object) -> None:
    values = returned if isinstance(returned, tuple) else (returned,)
    if any(value is world.unbound_value for value in values):
        world.unbound = True
    for connection in world.connections:
        site = outcome.sites.get(connection.line)
        if site is None:
            site = outcome.sites[connection.line] = SiteOutcome()
        if connection.held and not connection.moved and not any(value is connection for value in values):
            site.possibly.add(kind)
            if not world.doubtful:
                site.surely.add(kind)


def explore_rendered(rendered: Rendered, mode: str, limits: Limits | None = None) -> Outcome:
    """As `explore`, for texts that exist already."""
    return explore_text(rendered.run, mode, limits)
