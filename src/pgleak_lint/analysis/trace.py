"""The path from the acquire to the place where it goes wrong, as steps a person can follow."""

from __future__ import annotations

from dataclasses import dataclass

from pgleak_lint._record import record
from pgleak_lint.analysis.explore import Exploration
from pgleak_lint.analysis.state import CauseKind, Status, World
from pgleak_lint.analysis.text import SourceText
from pgleak_lint.analysis.values import Unbound
from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import BasicBlock, Edge, EdgeKind
from pgleak_lint.findings.finding import Step, StepKind
from pgleak_lint.source.span import NO_SPAN, Span

_CAUSE_TEXTS = {
    CauseKind.UNAWAITED: "not awaited: nothing is released here",
    CauseKind.WITH: "leaving this `with` does not release it",
    CauseKind.WRONG: "this does not give it back",
}


@record
class Node:
    """One block of a path with the world at its entry, left by ``edge`` (None at the end)."""

    block: BasicBlock
    world: World
    edge: Edge | None


@dataclass(slots=True)
class Path:
    """A path and what rules say about it: the last open test, the op that raised last, the statement that left, and where a variable was read
    before it had a value."""

    nodes: list[Node]
    steps: list[Step]
    condition: Span | None = None
    outcome: bool | None = None
    raising: ops.Op | None = None
    leaving: ops.Leave | None = None
    unset: Span | None = None


def path_to(exploration: Exploration, block: int, world: World) -> list[Node]:
    """The blocks from the acquire to ``block``, shortest first found."""
    blocks = exploration.context.graph.blocks
    nodes = [Node(blocks[block], world, None)]
    seen = set()
    origin = exploration.solution.origins.get((block, world))
    while origin is not None and (origin.block, origin.fact) not in seen:
        seen.add((origin.block, origin.fact))
        source = blocks[origin.block]
        nodes.append(Node(source, origin.fact, source.edges[origin.edge]))
        origin = exploration.solution.origins.get((origin.block, origin.fact))
    nodes.reverse()
    return nodes


class Tracer:
    """Turns paths of one exploration into steps."""

    def __init__(self, exploration: Exploration, source: SourceText, acquired_at: Span, subject: str) -> None:
        self._exploration = exploration
        self._source = source
        self._acquired_at = acquired_at
        self._subject = subject

    def trace(self, nodes: list[Node]) -> Path:
        """The steps of a path, but for the last one, which says what goes wrong there."""
        path = Path(nodes, [])
        self._acquire(path)
        for node, following in zip(nodes, [*nodes[1:], None]):
            self._pass(path, node, following)
        return path

    def _acquire(self, path: Path) -> None:
        """The acquire, and where the functions that it goes through do it."""
        program, target = self._exploration.context.program, self._exploration.target
        inside = target.acquired.inside if target is not None and target.acquired is not None else ()
        found = [(program.module(function.home), function, span) for function, span in inside]
        seen = [(there, there.index.units[function.unit].name, span) for there, function, span in found if there]
        by = f", by `{seen[0][1]}`" if seen else ""
        self._step(path, StepKind.ACQUIRE, f"acquired here{by}", self._acquired_at)
        for number, (there, name, span) in enumerate(seen, start=1):
            what = f"`{name}` acquires it here" if number == len(seen) else f"`{name}` gets it here"
            path.steps.append(Step(StepKind.CALL, what, there.text.path, span))

    def _pass(self, path: Path, node: Node, following: Node | None) -> None:
        for op in node.block.ops:
            if isinstance(op, ops.Catch):
                caught = f"caught by `except {op.types}`" if op.types else "caught by `except`"
                self._step(path, StepKind.BRANCH, caught, op.span)
            elif isinstance(op, ops.Leave):
                path.leaving = op
        if following is not None:
            self._note_cause(path, node.world, following.world)
        if node.edge is None or not node.block.ops:
            return
        self._pass_edge(path, node, node.block.ops[-1], node.edge)

    def _pass_edge(self, path: Path, node: Node, op: ops.Op, edge: Edge) -> None:
        unset = self._unset(node)
        if unset is not None:
            if path.unset is None:
                self._step(path, StepKind.RAISE, f"`{unset}` has no value here, which raises", op.span)
            path.unset = path.unset or op.span
            return
        if edge.kind in (EdgeKind.TRUE, EdgeKind.FALSE):
            taken = edge.kind is EdgeKind.TRUE
            if isinstance(op, ops.Next):
                if not taken:
                    return
                self._step(path, StepKind.BRANCH, "the loop takes a turn", op.span)
            elif isinstance(op, ops.Branch) and self._is_open(node):
                path.condition, path.outcome = op.span, taken
                self._step(path, StepKind.BRANCH, f"taken when {'true' if taken else 'false'}", op.span)
        elif edge.kind is EdgeKind.EXCEPTION:
            if not (isinstance(op, ops.Exit) and op.exceptional):
                path.raising, path.condition, path.outcome, path.unset = op, None, None, None
                self._step(path, StepKind.RAISE, _raises(op), op.span)
        elif edge.kind is EdgeKind.CANCELLATION:
            if not (isinstance(op, ops.Exit) and op.exceptional) and not (isinstance(op, ops.Raise) and op.src is None):
                path.raising = op
                self._step(path, StepKind.CANCEL, "the task can be cancelled here", op.span)
        elif edge.kind is EdgeKind.GENERATOR_CLOSE and isinstance(op, ops.Yield):
            path.raising = op
            self._step(path, StepKind.CANCEL, "the generator can be closed here", op.span)
        elif edge.kind is EdgeKind.SWALLOW:
            self._step(path, StepKind.BRANCH, "the exception is suppressed here", op.span)

    def _unset(self, node: Node) -> str | None:
        """The variable that is read in the block before it has a value."""
        names = self._exploration.context.tested.unset_at_their_release
        facts = node.world.facts if names else ()
        unset = {key for key, value in facts if key in names and isinstance(value, Unbound) and value.missed}
        for op in node.block.ops:
            if isinstance(op, ops.Load) and op.name in unset:
                return op.name
            if isinstance(op, ops.Store):
                unset.discard(op.name)
        return None

    def _is_open(self, node: Node) -> bool:
        """Whether the test could have gone either way in this world."""
        edges = {number for number, _, _ in self._exploration.transfer.flow(node.block.id, node.world)}
        return len({node.block.edges[n].kind for n in edges} & {EdgeKind.TRUE, EdgeKind.FALSE}) == 2

    def _note_cause(self, path: Path, before: World, after: World) -> None:
        new = after.instance.cause if after.instance else None
        old = before.instance.cause if before.instance else None
        if new is not None and old is None:
            self._step(path, StepKind.NOTE, _CAUSE_TEXTS[new.kind], new.span)
        released = after.instance is not None and after.instance.status is Status.RELEASED
        was_released = before.instance is not None and before.instance.status is Status.RELEASED
        if released and not was_released and after.instance and after.instance.released_at:
            self._step(path, StepKind.RELEASE, "released here", after.instance.released_at)

    def _step(self, path: Path, kind: StepKind, message: str, span: Span) -> None:
        if span == NO_SPAN:
            return
        step = Step(kind, message, self._source.path, span)
        if not path.steps or path.steps[-1] != step:
            path.steps.append(step)

    # -- the last step -----------------------------------------------------------------------------

    def end(self, path: Path, kind: StepKind, message: str, span: Span) -> None:
        """Add the step that says what goes wrong."""
        self._step(path, kind, message, span)

    def exit_span(self, path: Path, *, by_return: bool) -> Span:
        """Where the function is left: the statement that returns, or the op that raises."""
        if by_return and path.leaving is not None:
            span = path.leaving.span
            return span if path.leaving.keyword != "end" else self._source.last_line(span)
        if path.unset is not None:
            return path.unset
        if path.raising is not None:
            return path.raising.span
        return self._acquired_at


def _raises(op: ops.Op) -> str:
    match op:
        case ops.Raise():
            return "raises"
        case ops.Await() | ops.Call():
            return "this call can raise"
        case ops.Yield():
            return "an exception can be thrown in here"
    return "this can raise"
