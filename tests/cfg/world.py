"""What the random programs call: every call is logged, and a tape decides what it returns, raises or swallows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator
from typing import Any


class A(Exception):
    pass


class B(A):
    pass


class Tape:
    """Decisions: those given, then zeros. ``sizes`` records how many choices each decision had."""

    def __init__(self, decisions: tuple[int, ...]) -> None:
        self.decisions, self.sizes = decisions, list[int]()

    def choose(self, count: int) -> int:
        at = len(self.sizes)
        self.sizes.append(count)
        if at > 60:
            raise TooLong
        return self.decisions[at] if at < len(self.decisions) else 0


class TooLong(BaseException):
    """The program loops; this run says nothing."""


RAISED: tuple[Callable[[], BaseException], ...] = (lambda: A("t"), lambda: B("t"), lambda: KeyError("t"))


class World:
    """The globals of one run, and the log of it."""

    def __init__(self, decisions: tuple[int, ...]) -> None:
        self.tape = Tape(decisions)
        self.log: list[Any] = []

    def t(self, number: int) -> int:
        """False, True, or an exception."""
        choice = self.tape.choose(2 + len(RAISED))
        self.log.append(("t", number, choice))
        if choice < 2:
            return choice
        raise RAISED[choice - 2]()

    def u(self, number: int, *values: Any) -> int:
        """A call that can't fail: it shows what values arrive."""
        self.log.append(("u", number, [value for value in values if isinstance(value, int | list | str | tuple)]))
        return number

    def it(self, number: int) -> Iterator[int]:
        for turn in range(self.tape.choose(3)):
            self.log.append(("it", number, turn))
            yield turn

    def cm(self, number: int) -> Manager:
        self.log.append(("cm", number))
        return Manager(self, number)

    def a(self, number: int) -> Awaited:
        return Awaited(self, number)

    def ait(self, number: int) -> AsyncTurns:
        return AsyncTurns(self, number)

    def globals(self) -> dict[str, Any]:
        names = {name: getattr(self, name) for name in ("t", "u", "it", "cm", "a", "ait")}
        return {**names, "A": A, "B": B, "CancelledError": asyncio.CancelledError, "z": 0}


class Awaited:
    """Suspends once; the driver resumes it or throws."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number

    def __await__(self) -> Generator[Any, Any, int]:
        self.world.log.append(("await", self.number))
        yield ("suspended", self.number)
        return self.world.t(self.number)


class AsyncTurns:
    def __init__(self, world: World, number: int) -> None:
        self.world, self.number, self.left = world, number, world.tape.choose(3)

    def __aiter__(self) -> AsyncTurns:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        await Awaited(self.world, self.number)
        return self.left


class Manager:
    """Fails, or swallows. An exit never fails on the exceptional way: there the graph has the pending kind only."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number

    def __enter__(self) -> int:
        self.world.t(self.number)
        return self.number

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if isinstance(error, TooLong):
            return False
        self.world.log.append(("exit", self.number, getattr(kind, "__name__", None)))
        if kind is None:
            self.world.t(self.number)
            return False
        return self.world.tape.choose(2) == 1

    async def __aenter__(self) -> int:
        await Awaited(self.world, self.number)
        return self.number

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if kind is not None:
            return self.__exit__(kind, error, trace)
        await Awaited(self.world, self.number)
        return False


class Thrown(BaseException):
    """Carries what is thrown into a `Machine`, which consists of several generators: thrown as it is, `GeneratorExit`
    would close the inner ones behind the outer one's back."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def drive(running: Any, world: World, *, throws: BaseException, wrap: bool = False) -> Any:
    """Run a generator or coroutine to its end, resuming it or throwing into it as the tape says."""
    send: Callable[[], Any] = lambda: running.send(None)  # noqa: E731
    while True:
        try:
            value = send()
        except StopIteration as stop:
            return stop.value
        choice = world.tape.choose(3)
        world.log.append(("out", value, choice))
        if choice == 0:
            send = lambda: running.send(None)  # noqa: E731
        else:
            error = throws if choice == 1 else A("thrown")
            error = Thrown(error) if wrap else error
            send = lambda error=error: running.throw(error)  # noqa: E731
