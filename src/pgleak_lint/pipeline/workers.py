"""Sharing work among processes: two workers go through a stretch of neighbours from its ends, and take from another when it is done.

Files that stand beside each other import the same modules, which a worker reads once for all of its files. Where two workers meet,
both read them: so they meet once.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

from pgleak_lint.pipeline.collector import COLLECTIONS

Item = TypeVar("Item")
Result = TypeVar("Result")
Check = Callable[[Sequence[Item]], list[Result]]

LEAST, MOST = 8, 64
"""Items that a worker gets at a time: fewer towards the end, where one worker would wait for the other."""


def chunked(items: Sequence[Item]) -> list[Sequence[Item]]:
    """The items in stretches of one size, for workers whose number nobody knows."""
    size = min(MOST, max(LEAST, len(items) // 256))
    return [items[start : start + size] for start in range(0, len(items), size)]


def run_on(
    executor: Executor, check: Check[Item, Result], chunks: Sequence[Sequence[Item]], done: Callable[[int], None]
) -> list[Result]:
    """The results of the items in the chunks, in their order, from an executor of the caller's."""
    results: list[Result] = []
    for future in [executor.submit(check, chunk) for chunk in chunks]:
        found = future.result()
        results += found
        done(len(found))
    return results


def run_in_processes(
    check: Check[Item, Result],
    items: Sequence[Item],
    jobs: int,
    done: Callable[[int], None],
    died: Callable[[Item], list[Result]],
) -> list[Result]:
    """The results of the items, in their order, from that many processes. A process that dies is replaced, and what it had is
    checked again item by item in processes of their own; ``died`` gives the result for an item that kills those too."""
    workers = _Workers(check, items, min(jobs, len(items)))
    results: dict[int, list[Result]] = {}
    try:
        for chunk, result in workers.results():
            had = items[chunk.start : chunk.stop]
            results[chunk.start] = _retried(check, had, died) if result is None else result
            done(len(had))
    except BaseException:
        workers.kill()
        raise
    workers.close()
    return [result for _, chunk in sorted(results.items()) for result in chunk]


@dataclass(slots=True)
class _Stretch:
    """Neighbours that nobody has checked yet, by their numbers: from ``first`` to before ``end``."""

    first: int
    end: int

    def take(self, count: int, *, from_end: bool) -> range:
        """Some of them, from one of the ends."""
        count = min(count, self.end - self.first)
        if from_end:
            self.end -= count
            return range(self.end, self.end + count)
        self.first += count
        return range(self.first - count, self.first)

    def __len__(self) -> int:
        return self.end - self.first


class _Workers(Generic[Item, Result]):
    """One executor of one process for each worker, and what is left of each stretch: two workers share one."""

    def __init__(self, check: Check[Item, Result], items: Sequence[Item], count: int) -> None:
        self._check = check
        self._items = items
        self._pools = [_process() for _ in range(count)]
        bounds = [len(items) * number // count for number in (*range(0, count, 2), count)]
        self._left = [_Stretch(first, end) for first, end in pairwise(bounds)]

    def results(self) -> Iterator[tuple[range, list[Result] | None]]:
        """The numbers of items, with their results, as they come; None for those whose process died."""
        running: dict[Future[list[Result]], tuple[int, range]] = {}
        for worker in range(len(self._pools)):
            self._start(worker, running)
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                worker, chunk = running.pop(future)
                try:
                    result: list[Result] | None = future.result()
                except BrokenProcessPool:
                    result = None
                    self._pools[worker] = _process()
                self._start(worker, running)
                yield chunk, result

    def _start(self, worker: int, running: dict[Future[list[Result]], tuple[int, range]]) -> None:
        stretch = self._left[worker // 2] or max(self._left, key=len)
        if not stretch:
            return
        count = min(MOST, max(LEAST, len(stretch) // 16))
        chunk = stretch.take(count, from_end=worker % 2 == 1)
        with _no_interrupt():
            future: Future[list[Result]] = self._pools[worker].submit(
                self._check, self._items[chunk.start : chunk.stop]
            )
        running[future] = (worker, chunk)

    def close(self) -> None:
        """End the idle processes."""
        for pool in self._pools:
            pool.shutdown(wait=True)

    def kill(self) -> None:
        """End the processes at once: nobody wants the rest. Their executors' threads are waited for: one that still closes its
        pipes while the interpreter ends would be woken through a closed one."""
        for pool in self._pools:
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.terminate()
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)


def _retried(check: Check[Item, Result], chunk: Sequence[Item], died: Callable[[Item], list[Result]]) -> list[Result]:
    """The chunk once more in a process of its own; if that dies too, each half by itself, until the item that kills it is
    alone."""
    with _process() as pool:
        try:
            return pool.submit(check, chunk).result()
        except BrokenProcessPool:
            pass
    if len(chunk) > 1:
        middle = len(chunk) // 2
        return _retried(check, chunk[:middle], died) + _retried(check, chunk[middle:], died)
    return died(chunk[0])


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max_workers=1, initializer=_begin)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to deal with
    gc.set_threshold(*COLLECTIONS)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """A parent that is killed can't tell its processes to end; those would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold interrupts back while a process is made: one that comes amid a fork is lost in the parent, and kills the child
    with a traceback. The process inherits the mask."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
