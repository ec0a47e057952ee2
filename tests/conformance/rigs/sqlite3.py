"""sqlite3: in process."""

from __future__ import annotations

from tests.conformance.rig import Rig, call

RIG = Rig(
    database="sqlite",
    arguments={"sqlite3.connect": lambda db: call(db.path, timeout=0.2)},
)
