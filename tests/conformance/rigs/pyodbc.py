"""pyodbc, over psqlODBC."""

from __future__ import annotations

from tests.conformance.rig import Rig, call
from tests.conformance.servers import Database, Unavailable


def dsn(db: Database) -> str:
    """A connection string without a data source. Raises `Unavailable` without the driver of PostgreSQL."""
    import pyodbc

    drivers = [name for name in pyodbc.drivers() if "postgres" in name.lower()]
    if not drivers:
        raise Unavailable("psqlODBC is not installed")
    name = next((it for it in drivers if "unicode" in it.lower()), drivers[0])
    return f"DRIVER={{{name}}};SERVER={db.host};PORT={db.port};DATABASE={db.name};UID={db.user};PWD={db.password}"


RIG = Rig(database="postgresql", arguments={"pyodbc.connect": lambda db: call(dsn(db))})
