"""What well-known callables of the standard library and its neighbours do. Python knowledge, as tables.

Names are dotted and import-resolved; ``*.name`` matches a method called ``name`` on a receiver of unknown type.
"""

from __future__ import annotations

import builtins
import enum
from fnmatch import fnmatchcase
from functools import lru_cache


class Callee(enum.Enum):
    """What a call does with its arguments."""

    SAFE = "safe"
    """Does not raise, and only borrows what it is given."""
    RUNS = "runs"
    """Takes one awaitable and gives an awaitable with the same result."""
    GATHERS = "gathers"
    """Takes awaitables and gives an awaitable of the tuple of results."""
    CALLS = "calls"
    """Takes a callable and its arguments and calls it (in a thread): an awaitable of its result."""
    READS = "reads"
    """Takes a connection, and gives what it has read: nothing that leads back to it."""
    SPAWNS = "spawns"
    """Has something run later, or beside this function, which is given the rest of the arguments."""
    PARTIAL = "partial"
    CAST = "cast"
    """Returns its last argument unchanged."""
    CLOSING = "closing"
    LENDING = "lending"
    """`contextlib.nullcontext`."""
    SUPPRESS = "suppress"
    EXPECTS = "expects"
    """A test's ``with raises(...)``: what stands in the block is expected to fail."""
    STACK = "stack"
    NAMESPACE = "namespace"
    LENGTH = "length"
    CONSTRUCTOR = "constructor"
    UNKNOWN = "unknown"


_EXACT = {
    "asyncio.wait_for": Callee.RUNS,
    "asyncio.shield": Callee.RUNS,
    "asyncio.ensure_future": Callee.RUNS,
    "asyncio.create_task": Callee.RUNS,
    "asyncio.run_coroutine_threadsafe": Callee.RUNS,
    "asyncio.gather": Callee.GATHERS,
    "asyncio.to_thread": Callee.CALLS,
    "anyio.to_thread.run_sync": Callee.CALLS,
    "trio.to_thread.run_sync": Callee.CALLS,
    "starlette.concurrency.run_in_threadpool": Callee.CALLS,
    "fastapi.concurrency.run_in_threadpool": Callee.CALLS,
    "pandas.read_sql": Callee.READS,
    "pandas.read_sql_query": Callee.READS,
    "pandas.read_sql_table": Callee.READS,
    "polars.read_database": Callee.READS,
    "threading.Thread": Callee.SPAWNS,
    "threading.Timer": Callee.SPAWNS,
    "multiprocessing.Process": Callee.SPAWNS,
    "_thread.start_new_thread": Callee.SPAWNS,
    "functools.partial": Callee.PARTIAL,
    "typing.cast": Callee.CAST,
    "typing_extensions.cast": Callee.CAST,
    "contextlib.closing": Callee.CLOSING,
    "contextlib.aclosing": Callee.CLOSING,
    "contextlib.nullcontext": Callee.LENDING,
    "contextlib.suppress": Callee.SUPPRESS,
    "pytest.raises": Callee.EXPECTS,
    "contextlib.ExitStack": Callee.STACK,
    "contextlib.AsyncExitStack": Callee.STACK,
    "locals": Callee.NAMESPACE,
    "vars": Callee.NAMESPACE,
    "dir": Callee.NAMESPACE,
}

PAUSES = frozenset(
    {"asyncio.sleep", "anyio.sleep", "trio.sleep", "anyio.lowlevel.checkpoint", "trio.lowlevel.checkpoint"}
)
"""Coroutines that do nothing but wait: they can be cancelled, and do not raise."""

_SPAWNING_METHODS = frozenset({
    "start_soon", "call_soon", "call_soon_threadsafe", "call_later", "call_at", "add_task", "add_done_callback", "add_callback", "spawn",
    "spawn_n", "apply_async", "add_job",
})  # fmt: skip

STARTS = frozenset({"create_task", "ensure_future", "run_coroutine_threadsafe", "submit", "run_in_executor"})
"""Calls that give something to wait for, and go on alone where nobody does."""

WAITS = frozenset({"gather", "wait", "as_completed", "wait_for", "result", "exception", "join"})
"""Functions and methods that wait for such things."""

_SAFE_NAMES = frozenset({
    "len", "isinstance", "issubclass", "print", "repr", "id", "type", "callable", "hasattr", "bool", "hash", "range",
    "enumerate", "zip", "iter", "list", "dict", "tuple", "set", "frozenset", "str", "object", "super", "locals",
    "globals", "vars", "dir", "warnings.warn", "contextlib.suppress", "contextlib.closing", "contextlib.aclosing",
    "contextlib.nullcontext", "contextlib.ExitStack", "contextlib.AsyncExitStack", "functools.partial", "typing.cast",
    "typing_extensions.cast", "time.time", "time.monotonic", "time.perf_counter", "time.time_ns", "time.monotonic_ns",
    "time.perf_counter_ns", "time.process_time", "time.sleep", "datetime.datetime.now", "datetime.datetime.utcnow",
    "datetime.datetime.today", "datetime.date.today", "os.getpid", "threading.get_ident", "threading.current_thread",
    "threading.Lock", "threading.RLock", "threading.Event", "asyncio.Lock", "asyncio.Event", "asyncio.get_event_loop",
    "asyncio.get_running_loop", "asyncio.Queue", "collections.defaultdict", "collections.OrderedDict",
    "collections.deque", "collections.Counter", "uuid.uuid4", "uuid.uuid1", "logging.getLogger", "sys.exc_info",
    "traceback.print_exc", "traceback.format_exc", "gc.collect",
})  # fmt: skip

_LOGGER_NAMES = frozenset(
    {"logger", "log", "logging", "_logger", "_log", "LOG", "LOGGER", "_LOG", "_LOGGER", "structlog"}
)
_LOGGER_METHODS = frozenset({
    "debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "trace", "success",
    "isEnabledFor", "bind", "opt",
})  # fmt: skip

_RELEASING_METHODS = frozenset({"close", "aclose", "release", "putconn", "disconnect", "shutdown", "terminate"})
"""Methods by which resources of any kind are given back: such a call is not taken to raise past another release."""

KEEPING_METHODS = frozenset({
    "append", "appendleft", "add", "insert", "extend", "put", "put_nowait", "setdefault", "update", "push", "set",
    "set_result", "send_nowait", "register", "enqueue", "send", "__setitem__", "setattr",
})  # fmt: skip
"""Methods that store what they are given."""

SAFE_CONTAINER_METHODS = frozenset({
    "append", "add", "insert", "clear", "copy", "get", "items", "keys", "values", "setdefault", "discard",
})  # fmt: skip
"""Methods of lists, dicts and sets that can't fail."""

_RELEASING_WORDS = ("close", "release", "putconn", "put_conn", "return_conn", "give_back", "dispose", "cleanup", "clean_up",
                    "disconnect", "checkin", "teardown", "tear_down", "destroy", "free")  # fmt: skip

_EXCEPTIONAL_CONSTRUCTORS = frozenset({"Exception", "BaseException"}) | {
    name for name in dir(builtins) if isinstance(getattr(builtins, name), type) and issubclass(getattr(builtins, name), BaseException)
}  # fmt: skip


def classify(name: str | None, path: str | None) -> Callee:
    """What a call of ``name`` (import-resolved, None if unknown) spelled ``path`` in the source does."""
    if name is not None:
        if name in _EXACT:
            return _EXACT[name]
        if name in _SAFE_NAMES or name in _EXCEPTIONAL_CONSTRUCTORS:
            return Callee.SAFE
    spelled = path or ""
    owner, _, method = spelled.rpartition(".")
    if method in _LOGGER_METHODS and owner.rpartition(".")[2] in _LOGGER_NAMES:
        return Callee.SAFE
    if method in ("assertRaises", "assertRaisesRegex"):
        return Callee.EXPECTS
    if method == "create_task":
        return Callee.RUNS
    if method in ("run_in_executor", "run_in_threadpool", "run_sync", "submit"):
        return Callee.CALLS
    if method == "run_until_complete":
        return Callee.RUNS
    if owner and method in _SPAWNING_METHODS:
        return Callee.SPAWNS
    last = (name or spelled).rpartition(".")[2]
    if last.lstrip("_")[:1].isupper() or last == "cls":
        return Callee.CONSTRUCTOR
    return Callee.UNKNOWN


def is_no_resource(path: str) -> bool:
    """Whether the class of that name is a built-in type or an exception, of which no resource is an instance."""
    return isinstance(getattr(builtins, path, None), type) or path.endswith(("Error", "Exception"))


def is_releasing_method(path: str | None) -> bool:
    """Whether a call spelled so gives back a resource of some kind."""
    return path is not None and "." in path and path.rpartition(".")[2] in _RELEASING_METHODS


def is_lock(path: str | None) -> bool:
    """Whether what is spelled so is a lock: entering and leaving it does not raise."""
    last = (path or "").rpartition(".")[2].lower()
    return last.rstrip("s").rpartition("_")[2] in _LOCKS


_LOCKS = frozenset({"lock", "rlock", "mutex", "semaphore", "sem", "condition", "cond"})


def speaks_of_release(path: str | None) -> bool:
    """Whether the name of an unseen helper says that it gives back what it is given (``self._close_conn``)."""
    last = (path or "").rpartition(".")[2].lower()
    return any(word in last for word in _RELEASING_WORDS)


@lru_cache(maxsize=1024)
def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a dotted name matches one of the user's patterns (``*`` matches any characters)."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)
