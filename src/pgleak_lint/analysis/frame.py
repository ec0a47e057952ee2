"""The working copy of a world while a block is processed."""

from __future__ import annotations

from pgleak_lint._record import record
from pgleak_lint.analysis.calls import Acquired
from pgleak_lint.analysis.state import Cause, CauseKind, Instance, Key, Status, World, without_temps
from pgleak_lint.analysis.values import Value
from pgleak_lint.cfg.graph import EdgeKind
from pgleak_lint.models.schema import ResourceModel
from pgleak_lint.source.span import Span


@record
class Target:
    """What an exploration follows. ``site`` is None where the resource comes in from outside (a parameter). ``ends`` are
    the calls, as spelled, that take back everything its owner handed out (``engine.dispose``). ``pool`` is the name of the pool that it
    holds a connection of."""

    resource: ResourceModel
    site: Span | None
    acquired: Acquired | None
    ends: frozenset[str] = frozenset()
    pool: str | None = None


class Frame:
    """A mutable world. ``silent``: the op in hand does not raise; ``steady``: it can't be cancelled. ``error_instance``: what is
    known of the resource on the op's exceptional edges, where that is not what it was before the op; ``error_env``: the
    environment there, where that is not the one behind the op. ``manager``: what an `Exit` op left. ``fails``: a variable without a
    value was read, so that nothing of the block runs from there on."""

    __slots__ = (
        "_before", "_splits", "blurred", "env", "error_env", "error_instance", "fails", "instance", "is_over", "lost_here", "manager", "silent", "steady",
    )  # fmt: skip

    def __init__(self, world: World) -> None:
        self.env: dict[Key, Value] = world.environment()
        self.instance = world.instance
        self.blurred = world.blurred
        self.is_over = False
        self.fails = False
        self._splits: list[Frame] = []
        self.begin()

    def begin(self) -> None:
        """A new op begins."""
        self._before = self.instance
        self.error_instance: Instance | None = None
        self.error_env: dict[Key, Value] | None = None
        self.silent = False
        self.steady = False
        self.lost_here = False
        self.manager: Value | None = None

    def failed(self, kind: EdgeKind) -> tuple[Instance | None, dict[Key, Value]]:
        """Resource and environment on an exceptional edge of the last op."""
        instance = self.error_instance if self.error_instance is not None else self._before
        return instance, without_temps(self.env if self.error_env is None else self.error_env)

    def split(self, env: dict[Key, Value]) -> Frame:
        """A second frame that goes on from here with another environment."""
        other = Frame(World(self.instance, frozenset(), self.blurred))
        other.env = dict(env)
        self._splits.append(other)
        return other

    def with_splits(self) -> list[Frame]:
        """This frame and those split off since the last call of `take_splits`."""
        return [self, *self._splits]

    def take_splits(self) -> list[Frame]:
        """The frames split off since the last call."""
        splits, self._splits = self._splits, []
        return splits

    def blame(self, kind: CauseKind, span: Span) -> None:
        """Remember what looked like a release and was none (the first of them counts)."""
        if self.instance is not None and self.instance.status is Status.HELD and self.instance.cause is None:
            self.instance = self.instance.because(Cause(kind, span))
            self.error_instance = self.instance
