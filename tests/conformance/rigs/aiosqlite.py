"""aiosqlite: in process."""

from __future__ import annotations

from tests.conformance.rig import Rig, call

RIG = Rig(
    database="sqlite",
    arguments={"aiosqlite.connect": lambda db: call(db.path, timeout=0.2)},
    unproven={
        "| direct | on_gc": "0.22 closes it with a warning, earlier versions never do: the model says the worse",
    },
)
