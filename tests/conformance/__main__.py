"""``python -m tests.conformance [RIG…]``: probe the drivers, keep the results, write ``docs/drivers.md``.

Exits 1 when a driver does something else than its model says.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from tests.conformance.probing import Result, facts_of_rig, probe_apart
from tests.conformance.report import load_results, rigs, save_results, write_document
from tests.conformance.rig import load
from tests.conformance.servers import SERVERS, Database, Unavailable


def main(names: list[str]) -> int:
    """Probe these rigs, all by default."""
    wanted = names or rigs()
    kept = {result.fact: result for result in load_results()}
    differing: list[Result] = []
    with contextlib.ExitStack() as stack:
        servers: dict[str, Database | str] = {}
        for name in wanted:
            kind = load(name).database
            if kind not in servers:
                servers[kind] = _started(kind, stack)
            for result in _probed(name, servers[kind]):
                kept[result.fact] = result
                differing += [result] if result.verdict == "differs" else []
    known = {fact.id for name in rigs() for _, fact in facts_of_rig(name)}
    save_results(result for result in kept.values() if result.fact in known)
    write_document()
    for result in differing:
        print(f"DIFFERS {result.fact} = {result.value}: {result.note}")
    return 1 if differing else 0


def _started(kind: str, stack: contextlib.ExitStack) -> Database | str:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgl", ignore_cleanup_errors=True)))
    folder.chmod(0o755)
    try:
        return stack.enter_context(SERVERS[kind](folder))
    except (Unavailable, ImportError) as reason:
        return str(reason)


def _probed(name: str, database: Database | str) -> list[Result]:
    try:
        if isinstance(database, str):
            raise Unavailable(database)
        results = probe_apart(name, database)
    except Unavailable as reason:
        print(f"{name}: skipped, {reason}", flush=True)
        return []
    counts = {verdict: sum(it.verdict == verdict for it in results) for verdict in ("holds", "differs", "unproven")}
    print(f"{name}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()), flush=True)
    for result in results:
        if result.verdict == "unproven":
            print(f"  unproven {result.fact}: {result.note}", flush=True)
    return results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
