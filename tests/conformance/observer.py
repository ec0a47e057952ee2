"""Looks at a database from outside: how many sessions there are, in which state, and which rows others can see."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.conformance.servers import Database


class Observer:
    """What others see of what a driver does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sessions(self) -> int:
        """Sessions that the driver under test has open."""
        raise NotImplementedError

    def in_transaction(self) -> int:
        """Sessions that sit in an open transaction."""
        raise NotImplementedError

    def rows(self) -> int:
        """Committed rows of the table."""
        raise NotImplementedError

    def clean(self) -> None:
        """Empty the table, and end what earlier probes left open."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing by default."""


class PostgreSQL(Observer):
    """Counts the sessions of the probes' database from another database."""

    def __init__(self, database: Database) -> None:
        import psycopg

        super().__init__(database)
        dsn = f"host={database.host} port={database.port} user={database.user}"
        self._admin = psycopg.connect(f"{dsn} dbname=postgres", autocommit=True)
        self._table = f"{dsn} dbname={database.name} application_name=observer"

    def _number(self, statement: str) -> int:
        row = self._admin.execute(statement).fetchone()  # type: ignore[arg-type]
        return int(row[0]) if row else 0

    def sessions(self) -> int:
        return self._number(
            "select count(*) from pg_stat_activity where datname = 'probe' and application_name <> 'observer'"
        )

    def in_transaction(self) -> int:
        return self._number(
            "select count(*) from pg_stat_activity where datname = 'probe' and state like 'idle in transaction%'"
        )

    def _in_table(self, statement: str) -> Any:
        import psycopg

        with contextlib.closing(psycopg.connect(self._table, autocommit=True)) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchone() if cursor.description else None

    def rows(self) -> int:
        return int(self._in_table("select count(*) from probe_rows")[0])

    def clean(self) -> None:
        self._number("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = 'probe'")
        for _ in range(40):
            if self._number("select count(*) from pg_stat_activity where datname = 'probe'") == 0:
                break
            time.sleep(0.05)
        self._in_table("truncate probe_rows")

    def close(self) -> None:
        self._admin.close()


class MariaDB(Observer):
    """Counts the sessions of the probes' user as root."""

    def __init__(self, database: Database) -> None:
        import pymysql

        super().__init__(database)
        self._admin = pymysql.connect(host=database.host, port=database.port, user="root", autocommit=True)

    def _number(self, statement: str) -> int:
        with self._admin.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.fetchone()[0])

    def sessions(self) -> int:
        return self._number("select count(*) from information_schema.processlist where user = 'probe'")

    def in_transaction(self) -> int:
        return self._number("select count(*) from information_schema.innodb_trx")

    def rows(self) -> int:
        return self._number("select count(*) from probe.probe_rows")

    def clean(self) -> None:
        with self._admin.cursor() as cursor:
            cursor.execute("select id from information_schema.processlist where user = 'probe'")
            for (number,) in cursor.fetchall():
                with contextlib.suppress(Exception):
                    cursor.execute(f"kill {number}")
        for _ in range(40):
            if self.sessions() == 0:
                break
            time.sleep(0.05)
        with self._admin.cursor() as cursor:
            cursor.execute("delete from probe.probe_rows")

    def close(self) -> None:
        self._admin.close()


class SQLite(Observer):
    """Counts this process's open descriptors of the file: SQLite has no server that could be asked."""

    def sessions(self) -> int:
        return sum(os.path.realpath(f"/proc/self/fd/{name}") == self._real for name in os.listdir("/proc/self/fd"))

    @property
    def _real(self) -> str:
        return os.path.realpath(self._database.path)

    def in_transaction(self) -> int:
        return self._asked(
            "c.execute('pragma busy_timeout = 100')\n"
            "try: c.execute('begin immediate'); print(0)\n"
            "except sqlite3.OperationalError: print(1)"
        )

    def rows(self) -> int:
        return self._asked("print(c.execute('select count(*) from probe_rows').fetchone()[0])")

    def clean(self) -> None:
        self._asked("c.execute('delete from probe_rows'); c.commit(); print(0)")

    def _asked(self, code: str) -> int:
        """From another process: SQLite keeps descriptors for all connections of one process together."""
        code = f"import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n{code}"
        command = [sys.executable, "-c", code, self._database.path]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


class File(SQLite):
    """A database of the driver's own kind in one file: only whether it is open can be seen."""

    def in_transaction(self) -> int:
        raise NotImplementedError

    def rows(self) -> int:
        raise NotImplementedError

    def clean(self) -> None:
        """There is nothing to empty."""


OBSERVERS: dict[str, Callable[[Database], Observer]] = {
    "postgresql": PostgreSQL,
    "mariadb": MariaDB,
    "sqlite": SQLite,
    "none": File,
}
