"""Which handlers stop what, as a table."""

from __future__ import annotations

import pytest

from pgleak_lint.cfg import ops
from pgleak_lint.cfg.graph import EdgeKind, ExitKind
from pgleak_lint.cfg.raising import Match, kinds_of
from pgleak_lint.source.span import NO_SPAN

E, C, G, S = EdgeKind.EXCEPTION, EdgeKind.CANCELLATION, EdgeKind.GENERATOR_CLOSE, EdgeKind.SYSTEM_EXIT
YES, MAYBE, NO = Match.YES, Match.MAYBE, Match.NO

CATCHES: list[tuple[tuple[str | None, ...] | None, EdgeKind, str | None, Match]] = [
    (None, E, None, YES), (None, C, None, YES), (None, G, None, YES), (None, S, "SystemExit", YES),
    (("BaseException",), E, None, YES), (("BaseException",), C, None, YES), (("BaseException",), S, None, YES),
    (("Exception",), E, None, YES), (("Exception",), E, "MyError", YES), (("Exception",), C, None, NO),
    (("Exception",), G, None, NO), (("Exception",), S, None, NO),
    (("asyncio.CancelledError",), C, None, YES), (("anyio.Cancelled",), C, None, YES), (("CancelledError",), E, None, NO),
    (("GeneratorExit",), G, None, YES), (("GeneratorExit",), E, None, NO), (("GeneratorExit",), C, None, NO),
    (("SystemExit",), S, None, YES), (("SystemExit",), S, "SystemExit", YES), (("SystemExit",), S, "KeyboardInterrupt", NO),
    (("KeyboardInterrupt",), S, "SystemExit", NO), (("KeyboardInterrupt",), S, None, MAYBE),
    (("KeyboardInterrupt", "SystemExit"), S, "SystemExit", YES), (("KeyboardInterrupt",), E, None, NO),
    (("ValueError",), E, None, MAYBE), (("ValueError",), E, "ValueError", YES), (("ValueError",), E, "KeyError", NO),
    (("LookupError",), E, "KeyError", YES), (("KeyError",), E, "LookupError", MAYBE), (("OSError",), E, "IOError", YES),
    (("m.Error",), E, "m.Error", YES), (("m.Error",), E, "m.Other", MAYBE), (("m.Error",), E, "ValueError", MAYBE),
    ((None,), E, "ValueError", MAYBE), ((None,), C, None, NO), (("KeyError", "ValueError"), E, "ValueError", YES), ((), E, None, NO),
]  # fmt: skip


KINDS: list[tuple[ops.Op, tuple[EdgeKind, ...]]] = [
    (ops.Call(1, 2, (), NO_SPAN), (E,)), (ops.Item(1, 2, 3, NO_SPAN), (E,)), (ops.DelItem(1, 2, NO_SPAN), (E,)),
    (ops.Import(1, "m", None, NO_SPAN), (E,)), (ops.Unpack((1,), 2, None, NO_SPAN), (E,)),
    (ops.Unpack((1,), 2, None, NO_SPAN, True), ()), (ops.Iterate(1, 2, False, NO_SPAN), (E,)),
    (ops.Iterate(1, 2, False, NO_SPAN, literal=True), ()), (ops.Next(1, "$i", False, NO_SPAN), (E,)),
    (ops.Next(1, "$i", False, NO_SPAN, literal=True), ()), (ops.Next(1, "$i", True, NO_SPAN), (E, C)),
    (ops.Enter(1, "$w", False, NO_SPAN), (E,)), (ops.Enter(1, "$w", True, NO_SPAN), (E, C)),
    (ops.Exit("$w", False, False, NO_SPAN), (E,)), (ops.Exit("$w", True, False, NO_SPAN), (E, C)),
    (ops.Await(1, 2, NO_SPAN), (E, C)), (ops.Yield(1, 2, NO_SPAN), (E, G)), (ops.Load(1, "x", NO_SPAN), ()),
    (ops.Attr(1, 2, "x", NO_SPAN), ()), (ops.Compute(1, "+", (2, 3), NO_SPAN), ()),
]  # fmt: skip


@pytest.mark.parametrize(("op", "expected"), KINDS)
def test_kinds(op: ops.Op, expected: tuple[EdgeKind, ...]) -> None:
    assert kinds_of(op) == expected


ENDS = [
    ("sys.exit()", "KeyboardInterrupt", {ExitKind.PROCESS_END}),
    ("sys.exit()", "SystemExit", {ExitKind.RETURN}),
    ("sys.exit()", "BaseException", {ExitKind.RETURN}),
    ("raise KeyboardInterrupt", "KeyboardInterrupt", {ExitKind.RETURN}),
    ("raise KeyboardInterrupt", "SystemExit", {ExitKind.PROCESS_END}),
    ("os._exit(1)", "BaseException", {ExitKind.PROCESS_END}),
]
