"""What can be said about a driver: the shape of a resource model.

A model file (``models/drivers/NAME.toml``, or a user's own) holds these tables; the loader turns each into one of
the frozen classes below. Names of calls are dotted: ``psycopg2.connect`` is a function of a module,
``asyncpg.pool.Pool.acquire`` a method of a modelled type, ``sqlalchemy.orm.sessionmaker.__call__`` the call of an
object. Every fact names its ``source`` (where it can be read) and its ``probe`` (the run that proves it).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from pgleak_lint._record import record


class Kind(enum.Enum):
    """What a modelled type is."""

    POOL = "pool"
    POOLED_CONNECTION = "pooled-connection"
    CONNECTION = "connection"
    SESSION = "session"
    CURSOR = "cursor"
    TRANSACTION = "transaction"
    FACTORY = "factory"
    """An object whose call or method makes resources and which is no pool itself (``sessionmaker``)."""
    OTHER = "other"
    """Known, and never a resource: it keeps look-alikes from being reported."""
    DOUBLE = "double"
    """A test double: its attributes, its items, and what its calls give, are test doubles too."""


class Form(enum.Enum):
    """How an acquire (or a constructor) gives its value."""

    PLAIN = "plain"
    """The call returns the value."""
    AWAIT = "await"
    """The call returns a coroutine; awaiting it gives the value."""
    ENTER = "enter"
    """The call returns a context manager only; entering gives the value, leaving releases it."""
    EITHER = "either"
    """Awaited, it gives a value that must be released; entered, it releases by itself. Alone it takes nothing."""


class OnWith(enum.Enum):
    """What leaving ``with value:`` / ``async with value:`` does to a value that was acquired before."""

    RELEASES = "releases"
    ENDS_TRANSACTION = "ends-transaction"
    """Commits or rolls back; the value stays open and checked out."""
    CLOSES_ONLY = "closes-only"
    """Closes it, and its pool never gets the slot back."""
    UNSUPPORTED = "unsupported"
    """A TypeError: no context manager."""


class OnGc(enum.Enum):
    """What happens when CPython's reference counting drops the value unreleased."""

    CLOSES = "closes"
    RETURNS = "returns"
    CYCLE = "cycle"
    """It sits in a reference cycle: nothing happens until the cycle collector runs."""
    LOST = "lost"
    """The slot, socket or thread stays taken as long as the process (or its event loop) lives."""


class Repeat(enum.Enum):
    """What a second release does."""

    HARMLESS = "harmless"
    RAISES = "raises"
    CORRUPTS = "corrupts"
    """One connection can be handed to two holders."""


class AfterRelease(enum.Enum):
    """What a use after the release does."""

    RAISES = "raises"
    FOREIGN = "foreign"
    """It works, on a connection that somebody else may hold by now."""
    REOPENS = "reopens"
    """It silently takes a new connection: no fault by itself."""


class Exhausted(enum.Enum):
    """What an acquire from an empty pool does, by the driver's default."""

    RAISES = "raises"
    TIMES_OUT = "times-out"
    WAITS = "waits"
    """For ever."""


class OpenTransaction(enum.Enum):
    """What becomes of a transaction that is open when its connection goes back to the pool."""

    ROLLED_BACK = "rolled-back"
    CLOSED = "closed"
    """The pool throws the connection away, and the transaction with it."""
    KEPT = "kept"
    """The next holder gets the connection inside the transaction."""


class State(enum.Enum):
    """State of a database session that a user may leave behind."""

    ROLE = "role"
    SETTING = "setting"
    SEARCH_PATH = "search-path"
    TEMP_TABLE = "temp-table"
    ADVISORY_LOCK = "advisory-lock"
    LISTEN = "listen"


class Role(enum.Enum):
    """What a parameter of a pool decides."""

    MIN_SIZE = "min-size"
    MAX_SIZE = "max-size"
    ACQUIRE_TIMEOUT = "acquire-timeout"
    LIFETIME = "lifetime"
    IDLE_TIME = "idle-time"
    STALE_CHECK = "stale-check"


SOURCE_READ = "source-read"
"""The probe of a fact that was read in the driver's source and not run."""


@record
class Evidence:
    """Where a fact can be read and which run proves it: the name of a rig of the conformance suite, or `SOURCE_READ`.
    ``since`` and ``until`` are the first and the last version for which it holds, where it does not always."""

    source: str
    probe: str | None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TypeModel:
    """A type of the driver.

    ``name`` is its canonical dotted name; ``also`` further names under which it can be imported. ``members`` maps an
    attribute, or a method whose call does not acquire, to the canonical name of the type it gives
    (``raw.driver_connection``, ``engine.execution_options()``); the value ``self`` means the very same object.
    ``receivers`` are names that a variable of this type tends to have: the ``likely`` evidence. ``ends`` are methods
    that take back everything the object handed out (``closeall``, ``terminate``, ``dispose``).
    """

    name: str
    kind: Kind
    also: tuple[str, ...]
    members: tuple[tuple[str, str], ...]
    receivers: tuple[str, ...]
    ends: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class MakerModel:
    """A call that makes an object which is no obligation by itself: a pool, an engine, a factory.

    ``call`` is its dotted name, ``also`` further names, ``gives`` the canonical type name.
    """

    call: str
    also: tuple[str, ...]
    gives: str
    form: Form
    evidence: Evidence


@record
class ReleaseModel:
    """One call that releases.

    ``on`` is ``value`` for ``value.method()``, ``owner`` for ``owner.method(value)`` and ``function`` for
    ``package.function(value)``, where ``method`` is the function's dotted name. But for ``value``, the value is at
    position ``position`` (from 0) or under one of ``keywords``. ``awaited``: the call is a coroutine function and has no
    effect until it is awaited. ``usable``: nothing is owed any more, and using the value is still in order (``detach``).
    """

    method: str
    on: str
    awaited: bool
    position: int
    keywords: tuple[str, ...]
    usable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ResourceModel:
    """One kind of obligation of one driver. The same class may appear twice: pooled and opened directly.

    ``id`` is unique in the driver (``pooled``, ``direct``, ``session``); ``driver`` is the name reports use
    (``psycopg2.pool``). ``noun`` is what messages call it ("connection", "session"). ``type`` is the canonical name of the
    value's type. ``wrong_releases`` are methods of the value that look like a release and lose it instead (``close`` of a
    ``psycopg2.pool`` connection). ``uses`` are methods that need it to be held (queries, cursor, transaction);
    ``keeps`` are methods whose result keeps it in use and may lead back to it (``cursor``); ``fluent`` are methods that
    return the value itself. ``lazy``: it holds nothing until a method that is not in ``passive`` is called, nothing after one of ``idles``,
    and nothing behind a ``with`` block of what one of ``blocks`` gives. ``query_coroutines``: the methods in ``uses`` are coroutine functions. ``tells_closed`` are attributes (``closed``) and methods (``is_closed()``) that are true once nothing
    is owed any more, ``tells_open`` those that are false then. ``with_commits``: a clean exit of ``with value:`` commits (None: it has no say in that).
    """

    id: str
    driver: str
    kind: Kind
    noun: str
    type: str
    is_async: bool
    releases: tuple[ReleaseModel, ...]
    wrong_releases: tuple[str, ...]
    on_with: OnWith
    with_commits: bool | None
    on_gc: OnGc
    repeat: Repeat
    after_release: AfterRelease
    uses: tuple[str, ...]
    keeps: tuple[str, ...]
    fluent: tuple[str, ...]
    lazy: bool
    passive: tuple[str, ...]
    idles: tuple[str, ...]
    blocks: tuple[str, ...]
    query_coroutines: bool
    tells_closed: tuple[str, ...]
    tells_open: tuple[str, ...]
    help: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class AcquireModel:
    """A call that starts an obligation.

    ``call`` and ``also`` are dotted names, ``gives`` the id of a `ResourceModel` of the same file. ``owned``: the call is a
    method of the pool, engine or factory that the resource came from, so reports can name that owner.
    ``unmistakable``: the method's name alone, on a receiver of unknown type, is `likely` evidence (``getconn``);
    otherwise the receiver's name and the use of the value must agree. ``unless_given``: canonical names of types; with an
    argument of such a type the call acquires nothing (a session on a connection that somebody else owns).
    ``commits``: leaving the ``with`` of an entered acquire commits (None: it has no say in that). ``fallback``: it stands
    for the call of that last name of any imported module that no model speaks of, where the value is used as one of this
    resource: whatever of it ``keeps`` names, and one more of its methods, or a query by what that gives.
    """

    call: str
    also: tuple[str, ...]
    gives: str
    form: Form
    owned: bool
    unmistakable: bool
    unless_given: tuple[str, ...]
    commits: bool | None
    fallback: bool
    evidence: Evidence


@record
class ParameterModel:
    """A parameter of a pool: of the call ``of``, with the name ``name``, which decides ``role``. ``default`` is the Python
    literal that the driver uses where it is not given, None where it must be given."""

    role: Role
    of: str
    name: str
    default: str | None


@record
class PoolModel:
    """How a pool behaves as a whole. ``type`` is its canonical type name.

    ``queries`` are methods of the pool that take a connection, run one statement and give it back. ``reentrant``: a second
    acquire by the same task or thread takes no second connection. ``survives`` is the session state that the next holder
    of a connection finds, of the kinds in ``tried`` (a database may not know them all).
    """

    type: str
    exhausted: Exhausted
    reentrant: bool
    open_transaction: OpenTransaction
    tried: tuple[State, ...]
    survives: tuple[State, ...]
    queries: tuple[str, ...]
    parameters: tuple[ParameterModel, ...]
    evidence: Evidence


@record
class TransactionModel:
    """A transaction of a connection, begun by a call of its own.

    ``begin`` is the dotted call that begins it: a method of a connection (``psycopg2``-like drivers have none), or of the
    object that ``maker`` gives (``asyncpg``'s ``conn.transaction()``, which alone does nothing). ``ends`` are the methods
    of the same object that end it. ``awaited``: they are coroutine functions. ``on_with``: the object can be entered.
    """

    begin: str
    maker: str | None
    ends: tuple[str, ...]
    awaited: bool
    on_with: bool
    evidence: Evidence


@record
class LockModel:
    """A lock that a database session takes by a function in SQL and keeps until the session ends.

    ``takes`` and ``frees`` are names of SQL functions.
    """

    database: str
    takes: tuple[str, ...]
    frees: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class DriverModel:
    """One model file. ``packages`` are the import roots that make it relevant (``psycopg2``), ``distributions`` what to
    install for it; ``verified`` the versions its facts were measured on."""

    name: str
    packages: tuple[str, ...]
    distributions: tuple[str, ...]
    verified: str
    types: tuple[TypeModel, ...]
    makers: tuple[MakerModel, ...]
    resources: tuple[ResourceModel, ...]
    acquires: tuple[AcquireModel, ...]
    pools: tuple[PoolModel, ...]
    transactions: tuple[TransactionModel, ...]
    locks: tuple[LockModel, ...]
    path: str
