"""One program, one tape, two executions: CPython's and the graph's."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import libcst

from pgleak_lint.cfg.graph import CodeModule
from pgleak_lint.cfg.lower import lower_module
from pgleak_lint.cfg.verify import verify
from tests.cfg.machine import Machine, Mismatch, Missing
from tests.cfg.world import TooLong, World, drive

Outcome = tuple[Any, list[Any], list[int]]


def lower(source: str) -> CodeModule:
    """The lowered module; every graph of it verified."""
    module = lower_module(libcst.parse_module(source))
    for unit in module.units:
        assert unit.graph is not None
        verify(unit.graph)
    return module


def compare(source: str, mode: str, *, runs: int) -> int:
    """Run ``source`` under up to ``runs`` tapes; raises where the two disagree. Gives back how many runs counted."""
    module = lower(source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(source, "<program>", "exec")
    counted = 0
    for decisions in _tapes(lambda tape: _python(code, mode, tape)[2], runs):
        expected, actual = _python(code, mode, decisions), _graph(module, mode, decisions)
        if "too long" in (expected[0], actual[0]) or _is_fault_of_program(expected[0]):
            continue
        counted += 1
        assert actual[:2] == expected[:2], f"{source}\n{decisions}\nPython: {expected[:2]}\ngraph:  {actual[:2]}"
    return counted


def _is_fault_of_program(outcome: Any) -> bool:
    return isinstance(outcome, tuple) and outcome[1] in ("UnboundLocalError", "NameError", "TypeError", "RuntimeError")


def _tapes(sizes: Callable[[tuple[int, ...]], list[int]], runs: int) -> Iterator[tuple[int, ...]]:
    """Tapes that differ in what they decide, shortest differences first."""
    queue: list[tuple[int, ...]] = [()]
    for tape in queue:
        if len(queue) > runs * 4:
            break
        known = sizes(tape)
        for at in range(len(tape), len(known)):
            queue.extend((*tape, *[0] * (at - len(tape)), choice) for choice in range(1, known[at]))
    yield from queue[:runs]


def _finish(world: World, run: Callable[[], Any]) -> Outcome:
    try:
        return ("returned", run()), world.log, world.tape.sizes
    except TooLong:
        return "too long", world.log, world.tape.sizes
    except (Mismatch, Missing) as error:
        return str(error), world.log, world.tape.sizes
    except BaseException as error:
        return ("raised", type(error).__name__), world.log, world.tape.sizes


def _python(code: Any, mode: str, decisions: tuple[int, ...]) -> Outcome:
    world = World(decisions)
    names = world.globals()
    exec(code, names)
    return _finish(world, lambda: _driven(names["f"](0, 1), mode, world))


def _graph(module: CodeModule, mode: str, decisions: tuple[int, ...]) -> Outcome:
    world = World(decisions)
    unit = next(unit for unit in module.units if unit.name == "f")
    outer = Machine(module, module.units[0], world.globals())
    running = Machine(module, unit, {"x": 0, "y": 1}, outer).run()
    return _finish(world, lambda: drive(running, world, throws=_thrown(mode), wrap=True))


def _driven(started: Any, mode: str, world: World) -> Any:
    return started if mode == "sync" else drive(started, world, throws=_thrown(mode))


def _thrown(mode: str) -> BaseException:
    return GeneratorExit() if mode == "generator" else asyncio.CancelledError()
