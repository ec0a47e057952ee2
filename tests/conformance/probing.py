"""Runs the probes of one rig, in a process of its own: a driver that hangs or dies takes nothing else with it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

from pgleak_lint.models.facts import Fact, facts_of
from pgleak_lint.models.loader import load_catalog
from pgleak_lint.models.schema import DriverModel
from tests.conformance.bench import Bench
from tests.conformance.checks import verdict_of
from tests.conformance.observer import OBSERVERS
from tests.conformance.rig import load
from tests.conformance.servers import Database, Unavailable

LIMIT_S = 400


@dataclass(frozen=True)
class Result:
    """What came of probing one fact. ``version`` is the driver's and the database's."""

    fact: str
    value: str
    verdict: str
    note: str
    version: str


def facts_of_rig(name: str) -> Iterator[tuple[DriverModel, Fact]]:
    """The facts that name this rig as their probe."""
    for driver in load_catalog().drivers:
        for fact in facts_of(driver):
            if fact.evidence.probe == name:
                yield driver, fact


def version_of(driver: DriverModel) -> str:
    """The installed version of what a model is about."""
    found = []
    for name in driver.distributions:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            raise Unavailable(f"{name} is not installed") from None
    return ", ".join(found) or f"Python {platform.python_version()}"


def probe(name: str, database: Database) -> list[Result]:
    """All facts of one rig, in this process. Raises `Unavailable`."""
    rig, catalog = load(name), load_catalog()
    observer = OBSERVERS[rig.database](database)
    results = []
    for driver, fact in facts_of_rig(name):
        version = version_of(driver)
        bench = Bench(catalog, rig, database, observer)
        verdict, note = alone(bench, fact)
        if verdict == "differs":  # once more: a busy machine closes a socket later than we wait
            verdict, note = alone(bench, fact)
        server = f"{database.kind} {database.version}" if database.version else ""
        results.append(Result(fact.id, fact.value, verdict, note, ", ".join(filter(None, (version, server)))))
    return results


def alone(bench: Bench, fact: Fact) -> tuple[str, str]:
    """One fact in an event loop of its own, in a thread of its own, so that one that blocks can be left behind."""
    answer: list[tuple[str, str]] = []
    bench.observer.clean()

    def body() -> None:
        asyncio.run(_body())

    async def _body() -> None:
        answer.append(await verdict_of(bench, fact))

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(20)
    return answer[0] if answer else ("differs", "it blocks")


def probe_apart(name: str, database: Database) -> list[Result]:
    """The same in a process of its own. Raises `Unavailable` with its reason."""
    command = [sys.executable, "-m", "tests.conformance.probing", name, json.dumps(asdict(database))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"no answer within {LIMIT_S} s") from None
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise Unavailable((done.stderr.strip().splitlines() or ["no answer"])[-1])
    answer = json.loads(lines[-1])
    if "unavailable" in answer:
        raise Unavailable(answer["unavailable"])
    return [Result(**row) for row in answer["results"]]


def main() -> None:
    """``python -m tests.conformance.probing RIG DATABASE``: print the results as one line of JSON."""
    logging.disable(logging.CRITICAL)
    sys.unraisablehook = lambda unraisable: None
    name, database = sys.argv[1], Database(**json.loads(sys.argv[2]))
    try:
        answer: dict[str, object] = {"results": [asdict(result) for result in probe(name, database)]}
    except (Unavailable, ImportError) as reason:
        answer = {"unavailable": str(reason)}
    print(json.dumps(answer), flush=True)
    os._exit(0)  # threads of drivers that were left open would keep the process


if __name__ == "__main__":
    main()
