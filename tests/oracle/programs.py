"""Random little functions that acquire, pass around and release connections.

A program is a tree of `Node`. `render` turns it into two texts with the same lines: the one that the analysis
reads, and the one that is executed, where parameters, loop heads and handlers ask the executor what happens
next.

`Generator` draws from anything shaped like `random.Random`, so that the fast seeded runs and Hypothesis share
it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

Block = tuple["Node", ...]

VARIABLES = ("a", "b", "c")
FLAGS = ("owned", "done")
PARAMETERS = ("p1", "p2", "p3")
GIVEN = "given"
"""A parameter that is None, or a connection of somebody else's."""
MODES = ("sync", "async", "generator", "manager", "async-manager")
HAS_GROUPS = sys.version_info >= (3, 11)
"""Whether this Python knows ``except*``."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A test. ``op`` is ``name`` (a flag), ``param``, ``none``, ``some``, ``truth``, ``same`` (as what is given), ``cond``,
    ``not``, ``and``, ``or``."""

    op: str
    name: str = ""
    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A statement: what it is, its names, and its blocks (an absent ``else`` or ``finally`` is an empty
    block)."""

    kind: str
    args: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    test: Condition | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A function body and the fragment it belongs to (one of `MODES`)."""

    mode: str
    body: Block


@dataclass(frozen=True, slots=True)
class Rendered:
    """``shown`` is what the analysis reads, ``run`` what is executed. Line numbers agree."""

    shown: str
    run: str


COND = Condition("cond")

HEADERS = {
    "sync": (
        "import contextlib\n"
        "import psycopg2.pool\n"
        "from app import cond, items, work\n"
        "\n"
        "def target(pool: psycopg2.pool.ThreadedConnectionPool, owner, bag, p1: bool, p2: bool, p3: bool, given=None):\n"
    ),
    "async": (
        "import asyncio, contextlib\n"
        "import asyncpg\n"
        "from app import cond, items, pause, work\n"
        "\n"
        "async def target(pool: asyncpg.Pool, owner, bag, p1: bool, p2: bool, p3: bool, given=None):\n"
    ),
    "generator": (
        "import contextlib\n"
        "import psycopg2.pool\n"
        "from app import cond, items, work\n"
        "\n"
        "def target(pool: psycopg2.pool.ThreadedConnectionPool, owner, bag, p1: bool, p2: bool, p3: bool, given=None):\n"
    ),
}
HEADERS["manager"] = HEADERS["generator"].replace("def target", "@contextlib.contextmanager\ndef target")
HEADERS["async-manager"] = HEADERS["async"].replace(
    "async def target", "@contextlib.asynccontextmanager\nasync def target"
)
_RUN_SIGNATURE = "def target(pool, owner, bag, a=_ub, b=_ub, c=_ub, owned=_ub, done=_ub, given=None):\n"

JUMPS = frozenset({"return", "raise", "reraise", "break", "continue"})
GENERATORS = frozenset({"generator", "manager", "async-manager"})
COROUTINES = frozenset({"async", "async-manager"})
LOOPS = frozenset({"while", "while_walrus", "for"})


class _Writer:
    """Collects the lines of one of the two texts."""

    def __init__(self, mode: str, run: bool) -> None:
        self.mode = mode
        self.run = run
        self.lines: list[str] = []
        self.loops = 0

    def acquire(self) -> str:
        return "await pool.acquire()" if self.mode in COROUTINES else "pool.getconn()"

    def release(self, value: str) -> str:
        return f"await pool.release({value})" if self.mode in COROUTINES else f"pool.putconn({value})"

    def test(self, test: Condition, inside: bool = False) -> str:
        match test.op:
            case "param":
                return f"_p({test.name[1:]})" if self.run else test.name
            case "none":
                return f"_isnone({test.name})" if self.run else f"{test.name} is None"
            case "some":
                return f"(not _isnone({test.name}))" if self.run else f"{test.name} is not None"
            case "truth" | "name":
                return test.name
            case "same":
                return f"_same({test.name}, {GIVEN})" if self.run else f"{test.name} is {GIVEN}"
            case "cond":
                return "cond()"
            case "not":
                return f"not {self.test(test.parts[0], True)}"
        text = f" {test.op} ".join(self.test(part, True) for part in test.parts)
        return f"({text})" if inside else text

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def block(self, block: Block, depth: int) -> None:
        if not block:
            self.put(depth, "pass")
        for node in block:
            self.node(node, depth)

    def node(self, node: Node, depth: int) -> None:
        put, args, run = self.put, node.args, self.run
        match node.kind:
            case "none":
                put(depth, f"{args[0]} = None")
            case "acquire":
                put(depth, f"{args[0]} = {self.acquire()}")
            case "acquire_if":
                assert node.test is not None
                put(depth, f"{args[0]} = {self.acquire()} if {self.test(node.test, True)} else None")
            case "acquire_or":
                put(depth, f"{args[0]} = {args[-1]} or {self.acquire()}")
            case "acquire_two":
                put(depth, f"{args[0]}, {args[1]} = (")
                put(depth + 1, f"{self.acquire()},")
                put(depth + 1, f"{self.acquire()},")
                put(depth, ")")
            case "discard":
                put(depth, self.acquire())
            case "work_new":
                put(depth, f"work({self.acquire()})")
            case "release":
                put(depth, self.release(args[0]))
            case "release_keyword":
                name = "connection" if self.mode in COROUTINES else "conn"
                put(depth, self.release(f"{name}={args[0]}"))
            case "release_each":
                put(depth, f"for each in ({', '.join(args)}):")
                put(depth + 1, "if not _isnone(each):" if run else "if each is not None:")
                put(depth + 2, self.release("each"))
            case "alias":
                put(depth, f"{args[0]} = {args[1]}")
            case "alias_if":
                assert node.test is not None
                put(depth, f"{args[0]} = {args[1]} if {self.test(node.test, True)} else {args[2]}")
            case "swap":
                put(depth, f"{args[0]}, {args[1]} = {args[1]}, {args[0]}")
            case "flag":
                assert node.test is not None
                put(depth, f"{args[0]} = {self.test(node.test)}")
            case "flag_constant":
                put(depth, f"{args[0]} = {args[1]}")
            case "work":
                put(depth, f"work({', '.join(args)})")
            case "pause":
                put(depth, f"await pause({', '.join(args)})")
            case "execute":
                subject = f"_subject({args[0]})" if run else args[0]
                put(depth, f"{'await ' if self.mode in COROUTINES else ''}{subject}.execute('SELECT 1')")
            case "yield":
                put(depth, "yield 1")
            case "delete":
                put(depth, f"{args[0]} = _ub" if run else f"del {args[0]}")
            case "store":
                put(depth, f"owner.conn = {args[0]}")
            case "append":
                put(depth, f"bag.append({args[0]})")
            case "return":
                put(depth, f"return {', '.join(args)}".rstrip())
            case "raise":
                put(depth, "raise ValueError()")
            case "reraise":
                put(depth, "raise")
            case "break" | "continue" | "pass":
                put(depth, node.kind)
            case "call":
                put(depth, f"{'await ' if self.mode in COROUTINES else ''}{args[0]}()")
            case "callback":
                if self.mode in COROUTINES:
                    put(depth, f"stack.push_async_callback(pool.release, {args[0]})")
                else:
                    put(depth, f"stack.callback(pool.putconn, {args[0]})")
            case "callback_lambda":
                put(depth, f"stack.callback(lambda: pool.putconn({args[0]}))")
            case "def":
                put(depth, f"{'async ' if self.mode in COROUTINES else ''}def {args[0]}():")
                for name in args[1:]:
                    put(depth + 1, f"nonlocal {name}")
                self.block(node.blocks[0], depth + 1)
            case "if" | "if_walrus":
                head = self.head(node)
                put(depth, f"if {head}:")
                self.block(node.blocks[0], depth + 1)
                if node.blocks[1]:
                    put(depth, "else:")
                    self.block(node.blocks[1], depth + 1)
            case "match":
                put(depth, f"match _check({args[0]}):" if run else f"match {args[0]}:")
                put(depth + 1, "case None:")
                self.block(node.blocks[0], depth + 2)
                put(depth + 1, "case _:")
                self.block(node.blocks[1], depth + 2)
            case "while" | "while_walrus":
                self.loops += 1
                head = self.head(node)
                if run:
                    if node.kind == "while" and node.test == COND:
                        head = f"_while({self.loops})"
                    else:
                        head = f"_tick({self.loops}) and ({head})"
                put(depth, f"while {head}:")
                self.block(node.blocks[0], depth + 1)
                if node.blocks[1]:
                    put(depth, "else:")
                    self.block(node.blocks[1], depth + 1)
            case "for":
                over = {"items": "_items()", "range": "_some()", "literal": "_some()"} if run else _ITERABLES
                put(depth, f"for _ in {over[args[0]]}:")
                self.block(node.blocks[0], depth + 1)
                if node.blocks[1]:
                    put(depth, "else:")
                    self.block(node.blocks[1], depth + 1)
            case "try":
                self.try_statement(node, depth, "except")
            case "try_star":
                self.try_statement(node, depth, "except*")
            case "suppress":
                put(depth, "with _suppress():" if run else "with contextlib.suppress(ValueError):")
                self.block(node.blocks[0], depth + 1)
            case "stack":
                if self.mode in COROUTINES:
                    put(depth, "async with contextlib.AsyncExitStack() as stack:")
                else:
                    put(depth, "with contextlib.ExitStack() as stack:")
                self.block(node.blocks[0], depth + 1)
            case _:
                raise AssertionError(node.kind)

    def head(self, node: Node) -> str:
        if node.kind.endswith("_walrus"):
            head = f"({node.args[0]} := {self.acquire()}) is not None"
            return head if node.test is None else f"{self.test(node.test, True)} and {head}"
        if node.test is None:
            return "True"
        return self.test(node.test)

    def try_statement(self, node: Node, depth: int, keyword: str) -> None:
        """``args`` are the handlers' types; ``blocks`` are body, handlers…, else, finally."""
        body, *handlers, orelse, final = node.blocks
        self.put(depth, "try:")
        self.block(body, depth + 1)
        for types, handler in zip(node.args, handlers, strict=True):
            if self.run and types == "ValueError":
                self.put(depth, f"{keyword} _matches():")
            else:
                self.put(depth, f"{keyword} {types}".rstrip() + ":")
            self.block(handler, depth + 1)
        if orelse and handlers:
            self.put(depth, "else:")
            self.block(orelse, depth + 1)
        if final or not handlers:
            self.put(depth, "finally:")
            self.block(final, depth + 1)


_ITERABLES = {"items": "items()", "range": "range(2)", "literal": "(1, 2)"}


def render(program: Program) -> Rendered:
    """Both texts of ``program``."""
    texts = []
    for run in (False, True):
        writer = _Writer(program.mode, run)
        writer.block(program.body, 1)
        if program.mode in GENERATORS and not has_yield(program.body):
            writer.put(1, "yield 1")
        header = HEADERS[program.mode]
        if run:
            prefix = "async " if program.mode in COROUTINES else ""
            header = "\n" * (header.count("\n") - 1) + prefix + _RUN_SIGNATURE
        texts.append(header + "\n".join(writer.lines) + "\n")
    return Rendered(shown=texts[0], run=texts[1])


def walk(block: Block) -> Iterator[Node]:
    """Every statement in ``block``, outer first."""
    for node in block:
        yield node
        for inner in node.blocks:
            yield from walk(inner)


def has_yield(block: Block) -> bool:
    return any(node.kind == "yield" for node in walk(block))


def size(program: Program) -> int:
    """The number of statements."""
    return sum(1 for _ in walk(program.body))


# --- shrinking ----------------------------------------------------------------------------------------------


def smaller(program: Program) -> Iterator[Program]:
    """Programs with a little less in them, the boldest cuts first. Some may not be valid Python."""
    for body in _smaller_block(program.body):
        yield replace(program, body=body)


def _smaller_block(block: Block) -> Iterator[Block]:
    for index in range(len(block)):
        yield block[:index] + block[index + 1 :]
    for index, node in enumerate(block):
        before, after = block[:index], block[index + 1 :]
        for inner in node.blocks:
            if inner:
                yield before + inner + after
        for other in _smaller_node(node):
            yield (*before, other, *after)


def _smaller_node(node: Node) -> Iterator[Node]:
    if node.kind in ("try", "try_star"):
        for index in range(len(node.args)):
            yield replace(
                node,
                args=node.args[:index] + node.args[index + 1 :],
                blocks=node.blocks[: index + 1] + node.blocks[index + 2 :],
            )
    if node.kind in ("acquire_if", "acquire_or"):
        yield Node("acquire", node.args[:1])
    if node.kind == "acquire_two":
        yield Node("acquire", node.args[:1])
    if node.kind == "release_keyword":
        yield replace(node, kind="release")
    if node.test is not None:
        for part in node.test.parts:
            yield replace(node, test=part)
    for index, inner in enumerate(node.blocks):
        for less in _smaller_block(inner):
            yield replace(node, blocks=(*node.blocks[:index], less, *node.blocks[index + 1 :]))


# --- generating ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Scope:
    """What holds at the place where the next statement is drawn. ``bound`` names certainly have a value."""

    bound: set[str]
    depth: int = 0
    loop: bool = False
    handler: bool = False
    stack: bool = False

    def inner(self, **changes: bool) -> _Scope:
        values = {"loop": self.loop, "handler": self.handler, "stack": self.stack} | changes
        return _Scope(set(self.bound), self.depth + 1, **values)


class Generator:
    """Draws programs. ``rng`` is a `random.Random` or one of Hypothesis."""

    def __init__(self, rng: random.Random, mode: str = "sync") -> None:
        self.rng = rng
        self.mode = mode
        self.budget = 0
        self.acquires = 0
        self.names: Sequence[str] = ()
        self.assigned: list[str] = []
        self.functions: list[str] = []

    def program(self) -> Program:
        """One program."""
        rng = self.rng
        self.budget = rng.randint(10, 22) if self.chance(20) else rng.randint(2, 13)
        self.acquires = rng.choice((1, 1, 1, 2, 2, 3))
        self.names = VARIABLES[: rng.choice((1, 2, 2, 3))]
        self.assigned = []
        self.functions = []
        scope = _Scope(set())
        body: list[Node] = []
        if self.chance(30):
            self.names = (*self.names, GIVEN)
            scope.bound.add(GIVEN)
        for name in self.names:
            if name != GIVEN and self.chance(65):
                body.append(Node("none", (name,)))
                self.bind(scope, name)
        for name in FLAGS:
            if self.chance(15):
                body.append(Node("flag_constant", (name, rng.choice(("True", "False")))))
                scope.bound.add(name)
        if self.chance(12):
            body += self.told(scope)
        body += self.block(scope, top=True)
        if not any(node.kind in _ACQUIRING for node in walk(tuple(body))):
            body += [Node("acquire", (self.names[0],)), Node("work", (self.names[0],))]
            body += self.guarded_release(self.names[0], scope)
        elif self.chance(45) and self.assigned:
            for name in sorted(set(self.assigned)):
                body += self.guarded_release(name, scope)
        return Program(self.mode, tuple(body))

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def bind(self, scope: _Scope, name: str) -> None:
        scope.bound.add(name)
        self.assigned.append(name)

    def bound(self, scope: _Scope) -> list[str]:
        return [name for name in self.names if name in scope.bound]

    def block(self, scope: _Scope, top: bool = False) -> list[Node]:
        out: list[Node] = []
        count = self.rng.randint(2, 5) if top else self.rng.choice((1, 1, 2, 2, 3))
        while count > 0 and (self.budget > 0 or not out):
            count -= 1
            self.budget -= 1
            nodes = self.statement(scope)
            out += nodes
            if nodes and nodes[-1].kind in JUMPS:
                break
        return out

    def statement(self, scope: _Scope) -> list[Node]:
        makers: list[tuple[int, Callable[[_Scope], list[Node]]]] = [(14, self.simple)]
        if self.acquires > 0:
            makers += [(16, self.acquire), (14, self.protected)]
        if self.assigned:
            makers += [(12, self.release)]
        if scope.depth < 4 and self.budget > 0:
            makers += [
                (9, self.conditional),
                (8, self.attempt),
                (5, self.loop),
                (2, self.suppress),
                (2, self.stack),
            ]
        if scope.depth > 0:
            makers += [(5, self.jump)]
        pick = self.rng.randrange(sum(weight for weight, _ in makers))
        for weight, maker in makers:
            pick -= weight
            if pick < 0:
                return maker(scope)
        raise AssertionError

    # simple statements

    def simple(self, scope: _Scope) -> list[Node]:
        rng = self.rng
        bound = self.bound(scope)
        options = ["work0", "flag_constant"]
        if self.mode in COROUTINES:
            options += ["pause", "pause"]
        if self.mode in GENERATORS:
            options += ["yield", "yield", "yield"]
        if bound:
            options += ["work"] * 4 + ["flag"] * 2 + ["alias"] * 2
            options += ["none", "store", "append", "delete", "execute"]
            options += ["def"] if len(self.functions) < 1 and scope.depth < 2 else []
        if scope.stack and bound:
            options += ["callback"] * 6
            options += ["callback_lambda"] * (0 if self.mode in COROUTINES else 2)
        if "give_back" in scope.bound:
            options += ["call"] * 3
        if len(bound) > 1:
            options += ["swap", "alias_if", "release_each"]
        match rng.choice(options):
            case "work0":
                return [Node("work")]
            case "work":
                return [Node("work", (rng.choice(bound),))]
            case "execute":
                return [Node("execute", (rng.choice(bound),))]
            case "pause":
                return [Node("pause", (rng.choice(bound),) if bound else ())]
            case "yield":
                return [Node("yield")]
            case "flag_constant":
                name = rng.choice(FLAGS)
                scope.bound.add(name)
                return [Node("flag_constant", (name, rng.choice(("True", "False"))))]
            case "flag":
                name = rng.choice(FLAGS)
                scope.bound.add(name)
                op = rng.choice(("none", "some", "cond"))
                return [Node("flag", (name,), test=COND if op == "cond" else Condition(op, rng.choice(bound)))]
            case "none":
                return [Node("none", (rng.choice(bound),))]
            case "alias":
                source, target = rng.choice(bound), rng.choice(self.names)
                if source == target:
                    return [Node("work", (source,))]
                self.bind(scope, target)
                return [Node("alias", (target, source))]
            case "alias_if":
                target = rng.choice(self.names)
                self.bind(scope, target)
                return [Node("alias_if", (target, bound[0], bound[1]), test=self.test(scope, without=target))]
            case "release_each":
                return [Node("release_each", tuple(bound))]
            case "callback_lambda":
                return [Node("callback_lambda", (rng.choice(bound),))]
            case "swap":
                return [Node("swap", (bound[0], bound[1]))]
            case "store":
                return [Node("store", (rng.choice(bound),))]
            case "append":
                return [Node("append", (rng.choice(bound),))]
            case "delete":
                name = rng.choice(bound)
                scope.bound.discard(name)
                return [Node("delete", (name,))]
            case "callback":
                return [Node("callback", (rng.choice(bound),))]
            case "call":
                return [Node("call", ("give_back",))]
            case "def":
                name = rng.choice(bound)
                body = tuple(self.guarded_release(name, scope))
                shared = (name,) if any(node.kind == "none" for node in walk(body)) else ()
                flags = [flag for flag in FLAGS if flag in scope.bound]
                if flags and self.chance(50):
                    flag = rng.choice(flags)
                    told = Node("flag_constant", (flag, rng.choice(("True", "False"))))
                    body = rng.choice(((told, *body), (*body, told)))
                    shared = (*shared, flag)
                self.functions.append("give_back")
                scope.bound.add("give_back")
                return [Node("def", ("give_back", *shared), (body,))]
        raise AssertionError

    def told(self, scope: _Scope) -> list[Node]:
        """A flag that a nested function sets, and a release that depends on it."""
        rng = self.rng
        flag, name = rng.choice(FLAGS), rng.choice(self.names)
        out = [Node("flag_constant", (flag, rng.choice(("True", "False"))))]
        scope.bound |= {flag, "give_back"}
        body: list[Node] = [Node("flag_constant", (flag, rng.choice(("True", "False"))))]
        if self.chance(50):
            body.insert(
                rng.randrange(2),
                rng.choice((Node("work"), Node("if", blocks=((Node("return"),), ()), test=self.test(scope)))),
            )
        self.functions.append("give_back")
        out.append(Node("def", ("give_back", flag), (tuple(body),)))
        self.bind(scope, name)
        self.acquires -= 1
        out.append(Node("acquire", (name,)))
        for _ in range(rng.randrange(3)):
            out.append(Node("call", ("give_back",)) if self.chance(70) else Node("work"))
        test = Condition("name", flag)
        released: Block = (Node("release", (name,)),)
        kept: Block = (Node("none", (name,)),) if self.chance(50) else ()
        blocks = (released, kept) if self.chance(50) else (kept, released)
        out.append(Node("if", blocks=blocks, test=test))
        return out

    def jump(self, scope: _Scope) -> list[Node]:
        options = ["return", "return", "return_value", "raise"]
        options += ["break", "continue", "break"] if scope.loop else []
        options += ["reraise", "reraise", "reraise"] if scope.handler else []
        kind = self.rng.choice(options)
        bound = self.bound(scope)
        if kind == "return_value":
            if self.mode in GENERATORS or not bound:
                return [Node("return")]
            many = len(bound) > 1 and self.chance(25)
            return [Node("return", tuple(bound) if many else (self.rng.choice(bound),))]
        return [Node(kind)]

    # acquiring and releasing

    def acquire(self, scope: _Scope) -> list[Node]:
        rng = self.rng
        self.acquires -= 1
        name = rng.choice(self.names)
        kind = rng.choice(
            ("acquire",) * 8
            + (
                "acquire_if",
                "acquire_if",
                "if_walrus",
                "acquire_two",
                "discard",
                "work_new",
                "if_none",
                "acquire_or",
            )
        )
        if kind == "acquire_two" and len(self.names) > 1:
            self.bind(scope, self.names[0])
            self.bind(scope, self.names[1])
            return [Node("acquire_two", (self.names[0], self.names[1]))]
        if kind in ("discard", "work_new") and self.chance(40):
            return [Node(kind)]
        if kind == "acquire_or" and name in scope.bound:
            self.assigned.append(name)
            return [Node("acquire_or", (name,))]
        if GIVEN in scope.bound and self.chance(50):
            return self.given_or_acquired(scope, name)
        if kind == "if_none" and name in scope.bound:
            self.assigned.append(name)
            test = Condition("none", name)
            flag = rng.choice(FLAGS)
            node = Node("if", blocks=((Node("acquire", (name,)),), ()), test=test)
            if self.chance(50):
                scope.bound.add(flag)
                return [Node("flag", (flag,), test=test), replace(node, test=Condition("name", flag))]
            return [node]
        if kind == "if_walrus" and scope.depth < 4:
            also = self.test(scope) if self.chance(30) else None
            if also is None:
                self.bind(scope, name)
            inside = scope.inner()
            self.bind(inside, name)
            body = self.block(inside)
            orelse = self.block(scope.inner()) if self.chance(25) else []
            return [Node("if_walrus", (name,), (tuple(body), tuple(orelse)), also)]
        self.bind(scope, name)
        if kind == "acquire_if":
            return [Node("acquire_if", (name,), test=self.test(scope, without=name))]
        if self.chance(10):
            return [Node("acquire", (name,)), Node("execute", (name,))]
        return [Node("acquire", (name,))]

    def given_or_acquired(self, scope: _Scope, name: str) -> list[Node]:
        """What is given, or else a connection of its own, which alone is to be released."""
        rng = self.rng
        empty = rng.choice((Condition("none", GIVEN), Condition("not", parts=(Condition("truth", GIVEN),))))
        out: list[Node] = []
        if self.chance(25):
            flag = rng.choice(FLAGS)
            scope.bound.add(flag)
            out.append(Node("flag", (flag,), test=empty))
            empty = Condition("name", flag)
        self.bind(scope, name)
        if name == GIVEN or self.chance(50):
            out.append(Node("acquire_or", (name, GIVEN)))
        else:
            test = rng.choice((empty, Condition("none", name), Condition("not", parts=(Condition("truth", name),))))
            out += [Node("alias", (name, GIVEN)), Node("if", blocks=((Node("acquire", (name,)),), ()), test=test)]
        inside = scope.inner()
        body = tuple(self.block(inside))
        scope.bound &= inside.bound
        if not {name, GIVEN} <= scope.bound:
            return [*out, Node("try", (), (body, (), (Node("pass"),)))]
        same = Condition("not", parts=(Condition("same", name),))
        own = rng.choice((empty, empty, same)) if name != GIVEN else empty
        release = Node("if", blocks=((Node("release", (name,)),), ()), test=own)
        return [*out, Node("try", (), (body, (), (release,)))]

    def protected(self, scope: _Scope) -> list[Node]:
        """The way careful code does it, sometimes with a slip."""
        rng = self.rng
        self.acquires -= 1
        name = rng.choice(self.names)
        bound_before = name in scope.bound
        inside_try = bound_before and self.chance(40)
        out: list[Node] = []
        acquire = Node("acquire", (name,))
        if self.chance(20):
            acquire = Node("acquire_if", (name,), test=self.test(scope, without=name))
        if inside_try:
            scope.bound.add(name)
            self.assigned.append(name)
        else:
            out.append(acquire)
            self.bind(scope, name)
            if self.chance(15):
                out += self.simple(scope)
        body = [acquire] if inside_try else []
        inside = scope.inner()
        body += self.block(inside)
        scope.bound &= inside.bound
        release = tuple(self.guarded_release(name, scope))
        if self.chance(12):
            inside = scope.inner()
            release = (*self.simple(inside), *release)
            scope.bound &= inside.bound
        style = rng.randrange(10)
        if style < 6:
            out.append(Node("try", (), (tuple(body), (), release)))
        elif style < 8:
            types = rng.choice(("", "Exception", "BaseException", "ValueError"))
            handler = (*release, Node("reraise"))
            out.append(Node("try", (types,), (tuple(body), handler, (), ())))
            out += release
        else:
            types = rng.choice(("", "Exception", "ValueError"))
            inside = scope.inner(handler=True)
            handler = tuple(self.block(inside))
            scope.bound &= inside.bound
            release = tuple(node for node in release if node.kind in JUMPS or scope.bound.issuperset(_reads(node)))
            out.append(Node("try", (types,), (tuple(body), handler, (), release or (Node("release", (name,)),))))
        return out

    def release(self, scope: _Scope) -> list[Node]:
        return self.guarded_release(self.rng.choice(self.assigned), scope)

    def guarded_release(self, name: str, scope: _Scope) -> list[Node]:
        """A release of ``name``, under a test where one helps."""
        release = Node("release_keyword" if self.chance(8) else "release", (name,))
        if name not in scope.bound:
            return [release]
        body: Block = (release,)
        if self.chance(25):
            body = (release, Node("none", (name,)))
        elif self.chance(5):
            body = (release, Node("execute", (name,)))
        pick = self.rng.randrange(20)
        if pick < 8:
            return list(body)
        if pick < 13:
            return [Node("if", blocks=(body, ()), test=Condition("some", name))]
        if pick < 16:
            return [Node("if", blocks=(body, ()), test=Condition("truth", name))]
        if pick < 17:
            return [Node("match", (name,), ((), body))]
        if pick < 18:
            return [Node("if", blocks=((), body), test=Condition("none", name))]
        test = self.test(scope)
        return [Node("if", blocks=(body, ()), test=test)]

    # compound statements

    def test(self, scope: _Scope, depth: int = 0, without: str = "") -> Condition:
        rng = self.rng
        bound = [name for name in self.bound(scope) if name != without]
        flags = [name for name in FLAGS if name in scope.bound]
        options = ["param", "param", "cond"]
        if bound:
            options += ["none", "some", "truth"]
        if flags:
            options += ["name", "name"]
        if depth < 2:
            options += ["not", "and", "or"] if depth else ["not"]
            options += ["and"] if self.chance(30) else []
        op = rng.choice(options)
        if op == "param":
            return Condition("param", rng.choice(PARAMETERS[:2] if self.chance(80) else PARAMETERS))
        if op == "cond":
            return COND
        if op == "name":
            return Condition("name", rng.choice(flags))
        if op in ("none", "some", "truth"):
            return Condition(op, rng.choice(bound))
        count = 1 if op == "not" else 2
        return Condition(op, parts=tuple(self.test(scope, depth + 1, without) for _ in range(count)))

    def conditional(self, scope: _Scope) -> list[Node]:
        bound = self.bound(scope)
        left, right = scope.inner(), scope.inner()
        if bound and self.chance(12):
            name = self.rng.choice(bound)
            node = Node("match", (name,), (tuple(self.block(left)), tuple(self.block(right))))
        else:
            test = self.test(scope)
            body = tuple(self.block(left))
            orelse = tuple(self.block(right)) if self.chance(40) else ()
            node = Node("if", blocks=(body, orelse), test=test)
        scope.bound |= left.bound & right.bound
        scope.bound &= (left.bound & right.bound) | {"-"}
        return [node]

    def loop(self, scope: _Scope) -> list[Node]:
        rng = self.rng
        inside = scope.inner(loop=True)
        pick = rng.randrange(10)
        if pick < 5:
            body = tuple(self.block(inside))
            node = Node("for", (rng.choice(("items", "items", "range", "literal")),), (body, self.loop_else(scope)))
        elif pick < 8:
            test = COND if self.chance(60) else self.test(scope)
            node = Node("while", blocks=(tuple(self.block(inside)), self.loop_else(scope)), test=test)
        elif pick < 9 and self.acquires > 0:
            self.acquires -= 1
            name = rng.choice(self.names)
            self.bind(inside, name)
            guard = COND if self.chance(60) else None
            body = tuple(self.block(inside))
            if guard is None and not _leaves_loop(body):
                body = (Node("if", blocks=((Node("break"),), ()), test=COND), *body)
            node = Node("while_walrus", (name,), (body, ()), guard)
        else:
            body = tuple(self.block(inside))
            if not _leaves_loop(body):
                leave = Node("if", blocks=((Node("break"),), ()), test=self.test(scope) if self.chance(30) else COND)
                body = (leave, *body) if self.chance(50) or body[-1].kind in JUMPS else (*body, leave)
            node = Node("while", blocks=(body, ()))
        scope.bound &= inside.bound
        return [node]

    def loop_else(self, scope: _Scope) -> Block:
        if not self.chance(15):
            return ()
        inside = scope.inner()
        block = tuple(self.block(inside))
        scope.bound &= inside.bound
        return block

    def attempt(self, scope: _Scope) -> list[Node]:
        rng = self.rng
        parts = [scope.inner()]
        body = tuple(self.block(parts[0]))
        scope.bound &= parts[0].bound
        types: tuple[str, ...] = ()
        if self.chance(75):
            types = rng.choice(
                (
                    ("",),
                    ("Exception",),
                    ("Exception",),
                    ("ValueError",),
                    ("ValueError", "Exception"),
                    ("ValueError", ""),
                )
            )
            if self.mode in COROUTINES and self.chance(20):
                types = rng.choice((("asyncio.CancelledError",), ("asyncio.CancelledError", "Exception")))
        handlers = []
        for _ in types:
            inside = scope.inner(handler=True)
            handlers.append(tuple(self.block(inside)))
            parts.append(inside)
        orelse: Block = ()
        if types and self.chance(15):
            inside = scope.inner()
            orelse = tuple(self.block(inside))
            parts.append(inside)
        for part in parts:
            scope.bound &= part.bound
        final: Block = ()
        if not types or self.chance(25):
            inside = scope.inner(handler=False, loop=False)
            final = tuple(self.block(inside))
            scope.bound &= inside.bound
        if HAS_GROUPS and self.chance(15) and _can_be_star(types, handlers):
            return [Node("try_star", tuple(kind or "Exception" for kind in types), (body, *handlers, orelse, final))]
        return [Node("try", types, (body, *handlers, orelse, final))]

    def suppress(self, scope: _Scope) -> list[Node]:
        inside = scope.inner()
        block = tuple(self.block(inside))
        scope.bound &= inside.bound
        return [Node("suppress", blocks=(block,))]

    def stack(self, scope: _Scope) -> list[Node]:
        inside = scope.inner(stack=True)
        out: list[Node] = []
        if self.acquires > 0:
            self.acquires -= 1
            name = self.rng.choice(self.names)
            out = [Node("acquire", (name,)), Node("callback", (name,))]
            self.bind(inside, name)
        out += self.block(inside)
        scope.bound &= inside.bound
        return [Node("stack", blocks=(tuple(out),))]


_ACQUIRING = frozenset(
    {"acquire", "acquire_if", "acquire_or", "acquire_two", "if_walrus", "while_walrus", "discard", "work_new"}
)


def _can_be_star(types: tuple[str, ...], handlers: Sequence[Block]) -> bool:
    """Whether the handlers of a ``try`` may be those of an ``except*``: no jump leaves one. A cancellation in a group would be
    neither that nor an exception."""
    return bool(types) and not any(map(_jumps_away, handlers)) and "asyncio.CancelledError" not in types


def _jumps_away(block: Block, in_loop: bool = False) -> bool:
    """Whether a ``return`` is in it, or a ``break`` or ``continue`` of a loop around it."""
    for node in block:
        if node.kind == "return" or (node.kind in ("break", "continue") and not in_loop):
            return True
        if node.kind != "def":
            for number, part in enumerate(node.blocks):
                if _jumps_away(part, in_loop or (node.kind in LOOPS and number == 0)):
                    return True
    return False


def _leaves_loop(block: Block) -> bool:
    """Whether a ``break`` of this loop, a ``return`` or a ``raise`` stands somewhere in it."""
    for node in block:
        if node.kind in ("break", "return", "raise", "reraise"):
            return True
        inner = node.blocks[1:] if node.kind in LOOPS else node.blocks
        if node.kind != "def" and any(_leaves_loop(part) for part in inner):
            return True
    return False


def _test_reads(test: Condition | None) -> Iterator[str]:
    if test is not None:
        if test.op not in ("param", "cond", "not", "and", "or"):
            yield test.name
        if test.op == "same":
            yield GIVEN
        for part in test.parts:
            yield from _test_reads(part)


def _reads(node: Node) -> set[str]:
    """The names that ``node`` needs a value of; a release copes with a missing one."""
    names = set(_test_reads(node.test))
    if node.kind in (
        "work",
        "pause",
        "execute",
        "match",
        "store",
        "append",
        "call",
        "flag",
        "callback",
        "return",
        "release_each",
        "callback_lambda",
    ):
        names |= set(node.args) - set(FLAGS)
    if node.kind in ("alias", "alias_if", "swap", "delete"):
        names |= set(node.args)
    for inner in node.blocks:
        for other in inner:
            names |= _reads(other)
    return names


def seeded(seed: int, index: int, mode: str = "sync") -> Program:
    """Program number ``index`` of ``seed``: the same for ever, whatever the number of processes."""
    return Generator(random.Random(f"{seed}/{index}/{mode}"), mode).program()
