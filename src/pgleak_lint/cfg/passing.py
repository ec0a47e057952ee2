"""Functions that do something with what they are given: known by the last part of their names, whatever module they are from."""

from __future__ import annotations

from functools import lru_cache

CALLERS = frozenset({"partial", "run_in_executor", "run_in_threadpool", "run_sync", "submit", "to_thread"})
"""They call it."""

_GIVERS = frozenset({
    "cast", "closing", "aclosing", "create_task", "ensure_future", "enter_async_context", "enter_context", "gather",
    "nullcontext", "partial", "run", "run_until_complete", "shield", "wait_for",
})  # fmt: skip
"""They give it back."""


def gives_on(name: str) -> bool:
    """Whether a function of that name gives what it is given. An object may be made around what its class is given."""
    return name in _GIVERS or is_class_name(name)


@lru_cache(maxsize=4096)
def passes_on(name: str) -> bool:
    """Whether what a function of that name is given goes anywhere else than into the function."""
    return name in CALLERS or gives_on(name)


def is_class_name(name: str) -> bool:
    """Whether a name is spelled like that of a class; what is in capitals only is a constant."""
    last = name.rpartition(".")[2].lstrip("_")
    return last[:1].isupper() and not last.isupper()
