"""A thread with a stack that is deep enough for deeply nested source.

libcst's native parser and every recursive walk use the stack of the thread they run in. With the usual 8 MiB the
parser dies of a few thousand nested operators (a segmentation fault, no exception); in a thread with a large stack it
does not. The memory is virtual: only what is used is ever committed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

STACK_SIZES = (512 * 2**20, 128 * 2**20, 32 * 2**20)
RECURSION_LIMIT = 1_000_000


def run_with_deep_stack(function: Callable[[], Result]) -> Result:
    """``function()``, run in such a thread; what it raises is raised here."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = _start(run)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _start(run: Callable[[], None]) -> threading.Thread:
    """Start a thread with the largest stack that the system grants."""
    old_size, old_limit = threading.stack_size(), sys.getrecursionlimit()
    for size in STACK_SIZES:
        try:
            threading.stack_size(size)
            thread = threading.Thread(target=run, name="pgleak-lint", daemon=True)
            sys.setrecursionlimit(RECURSION_LIMIT)
            thread.start()
        except (ValueError, RuntimeError, MemoryError):
            sys.setrecursionlimit(old_limit)
            continue
        finally:
            threading.stack_size(old_size)
        return thread
    thread = threading.Thread(target=run, name="pgleak-lint", daemon=True)
    thread.start()
    return thread
