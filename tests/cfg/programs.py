"""Random small functions in which control flow is all there is."""

from __future__ import annotations

import random

HANDLERS = ["except A", "except B", "except KeyError", "except (A, KeyError)", "except (B, LookupError) as e",
            "except Exception", "except BaseException as e", "except A as e", "except"]  # fmt: skip
RAISES = ["raise A('x')", "raise B", "raise KeyError('k') from None", "raise ValueError(t({n}))", "raise SystemExit",
          "raise GeneratorExit", "raise CancelledError()"]  # fmt: skip


class Writer:
    """Writes one function. ``mode`` is ``sync``, ``generator`` or ``async``."""

    def __init__(self, seed: int, mode: str) -> None:
        self.random, self.mode, self.number, self.lines, self.fuel = random.Random(seed), mode, 0, list[str](), 14

    def write(self) -> str:
        self.lines.append(f"{'async ' if self.mode == 'async' else ''}def f(x, y):")
        self.block(1, loop=False, handler=False)
        if self.mode == "generator":
            self.put(1, "yield 0")
        self.put(1, "return u(0, x, y)")
        return "\n".join(self.lines) + "\n"

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def n(self) -> int:
        self.number += 1
        return self.number

    def value(self, depth: int = 0) -> str:
        """An expression; all that it calls is logged."""
        choices = [f"t({self.n()})"] * 4 + ["x", "y", "1", "u({n}, x, y)"]
        if depth < 2:
            a, b = self.value(depth + 1), self.value(depth + 1)
            choices += [f"({a} and {b})", f"({a} or {b})", f"(not {a})", f"({a} if {b} else t({self.n()}))",
                        f"({a} < {b} < t({self.n()}))", f"({a} == {b})", f"(x := {a})", f"u({self.n()}, {a}, {b})",
                        f"u({self.n()}, *[{a}, {b}])", f"len([x for x in it({self.n()}) if {a} or x])",
                        f"len([[y, z] for y in it({self.n()}) for z in [y, {a}]])", f"(lambda v: u({self.n()}, v, x))({a})",
                        f"len([(lambda v: u({self.n()}, x, v))(y) for x in it({self.n()}) if x or {a}])", f"{{'k': {a}, 'l': {b}}}['k']", f"(f'{{t({self.n()})}}{{x!r}}' is None)"]  # fmt: skip
            if self.mode == "generator":
                choices += [f"u({self.n()}, (yield {self.n()}))"]
            if self.mode == "async":
                choices += [f"(await a({self.n()}))"] * 4 + [f"len([v async for v in ait({self.n()}) if v])"]
        return self.random.choice(choices).replace("{n}", str(self.n()))

    def block(self, depth: int, *, loop: bool, handler: bool) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.fuel -= 1
            self.statement(depth, loop=loop, handler=handler)

    def statement(self, depth: int, *, loop: bool, handler: bool) -> None:
        simple = ["expression", "assign", "unpack", "augment", "assert", "match_or_jump"]
        compound = ["if", "while", "for", "try", "try", "with", "match"]
        kind = self.random.choice(simple + (compound * 2 if self.fuel > 0 and depth < 5 else []))
        if kind == "match_or_jump":
            jumps = ["return {v}", "pass", "raise"] + (["break", "continue"] * 3 if loop else [])
            jump = self.random.choice(jumps)
            if jump == "raise":
                jump = "raise" if handler and self.random.random() < 0.5 else self.random.choice(RAISES)
            self.put(depth, f"if {self.value(1)}:")
            self.put(depth + 1, jump.replace("{v}", self.value(1)).replace("{n}", str(self.n())))
        elif kind in compound:
            getattr(self, "write_" + kind)(depth, loop=loop, handler=handler)
        else:
            text = {"expression": "{v}", "assign": "x = y = {v}", "unpack": "x, y = {v}, {w}",
                    "augment": "x += {v}", "assert": "assert {v}, {w}"}[kind]  # fmt: skip
            self.put(depth, text.replace("{v}", self.value()).replace("{w}", self.value(1)))

    def write_if(self, depth: int, *, loop: bool, handler: bool) -> None:
        self.put(depth, f"if {self.random.choice([self.value(), self.value(), '0', 'True'])}:")
        self.block(depth + 1, loop=loop, handler=handler)
        if self.random.random() < 0.4:
            self.put(depth, f"elif {self.value()}:")
            self.block(depth + 1, loop=loop, handler=handler)
        if self.random.random() < 0.4:
            self.put(depth, "else:")
            self.block(depth + 1, loop=loop, handler=handler)

    def write_while(self, depth: int, *, loop: bool, handler: bool) -> None:
        self.put(depth, f"while {self.random.choice([self.value(), self.value(), f't({self.n()})', 'True'])}:")
        self.put(depth + 1, f"if not t({self.n()}): {self.random.choice(['break', 'break', 'return 7'])}")
        self.block(depth + 1, loop=True, handler=handler)
        self.orelse(depth, loop=loop, handler=handler)

    def write_for(self, depth: int, *, loop: bool, handler: bool) -> None:
        turns = self.random.choice([f"it({self.n()})", "[1, 2]", "range(2)", "[]", "(y, *[x])"])
        if self.mode == "async" and self.random.random() < 0.5:
            self.put(depth, f"async for x in ait({self.n()}):")
        else:
            self.put(depth, f"for x in {turns}:")
        self.block(depth + 1, loop=True, handler=handler)
        self.orelse(depth, loop=loop, handler=handler)

    def orelse(self, depth: int, *, loop: bool, handler: bool) -> None:
        if self.random.random() < 0.4:
            self.put(depth, "else:")
            self.block(depth + 1, loop=loop, handler=handler)

    def write_try(self, depth: int, *, loop: bool, handler: bool) -> None:
        self.put(depth, "try:")
        self.block(depth + 1, loop=loop, handler=False)
        chosen = self.random.sample(HANDLERS[:-1], self.random.randint(0, 2))
        chosen += ["except"] if self.random.random() < 0.2 else []
        for clause in chosen:
            self.put(depth, clause + ":")
            self.put(depth + 1, f"u({self.n()}, 'caught')")
            # `raise` alone is written only where no other handler has run in between: the machine keeps no stack of them.
            bare = self.random.random()
            if bare < 0.25:
                self.put(depth + 1, f"if t({self.n()}): raise")
            elif bare < 0.4 and clause.endswith(" e"):
                self.put(depth + 1, "raise e")
            self.block(depth + 1, loop=loop, handler=False)
        if chosen:
            self.orelse(depth, loop=loop, handler=False)
        if not chosen or self.random.random() < 0.4:
            self.put(depth, "finally:")
            self.put(depth + 1, f"u({self.n()}, 'finally')")
            self.block(depth + 1, loop=loop, handler=False)

    def write_with(self, depth: int, *, loop: bool, handler: bool) -> None:
        word = "async with" if self.mode == "async" and self.random.random() < 0.6 else "with"
        items = [f"cm({self.n()}) as {self.random.choice(['x', 'y'])}", f"cm({self.n()})", f"cm({self.value(1)})"]
        self.put(depth, f"{word} {', '.join(self.random.sample(items, self.random.randint(1, 2)))}:")
        self.block(depth + 1, loop=loop, handler=False)

    def write_match(self, depth: int, *, loop: bool, handler: bool) -> None:
        self.put(depth, f"match {self.value()}:")
        patterns = [
            "case 0 | 2",
            "case 1",
            "case True | None",
            "case str()",
            "case int() as y",
            f"case 3 if t({self.n()})",
        ]
        for pattern in self.random.sample(patterns, self.random.randint(1, 3)):
            self.put(depth + 1, pattern + ":")
            self.block(depth + 2, loop=loop, handler=handler)
        if self.random.random() < 0.5:
            self.put(depth + 1, self.random.choice(["case _:", "case x:"]))
            self.block(depth + 2, loop=loop, handler=handler)
