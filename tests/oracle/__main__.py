"""``python -m tests.oracle --programs N --seed S [--mode sync] [--jobs 2]``."""

from __future__ import annotations

import argparse
import collections
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.oracle.compare import Comparison, Status, compare, compare_texts, shrink
from tests.oracle.instrument import instrument
from tests.oracle.programs import MODES, Program, seeded
from tests.oracle.spread import check_spread
from tests.oracle.subject import check

CHUNK = 250

Task = tuple[int, str, int, int, bool, bool]


def run_chunk(task: Task) -> tuple[int, collections.Counter[str], list[Comparison]]:
    """Compare the programs of ``task``; give back the ones that did not agree."""
    seed, mode, start, stop, misuse, spread = task
    ask = check_spread if spread else check
    counts: collections.Counter[str] = collections.Counter()
    kept = []
    for index in range(start, stop):
        result = compare(seeded(seed, index, mode), ask, misuse)
        counts[result.status.value] += 1
        if result.status is Status.SKIPPED:
            counts[f"skipped: {result.reason}"] += 1
        if result.status is Status.DISAGREED or (result.status is Status.BOUNDED and result.differences):
            kept.append(result)
        if result.verdict is not None and result.verdict.leaks:
            counts["with findings"] += 1
    return stop - start, counts, kept


def tasks(seed: int, modes: Iterable[str], programs: int, misuse: bool, spread: bool) -> Iterator[Task]:
    for mode in modes:
        for start in range(0, programs, CHUNK):
            yield seed, mode, start, min(start + CHUNK, programs), misuse, spread


def replay(path: Path) -> int:
    """Compare one file."""
    text = path.read_text(encoding="utf-8")
    mode, run = instrument(text)
    result = compare_texts(Program(mode, ()), text, run, check, misuse=True)
    print(result.describe() if result.outcome else result.reason)
    return 1 if result.status is Status.DISAGREED else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--programs", type=int, default=2000, help="programs of each mode")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=(*MODES, "all"), default="all")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", type=int, default=10, help="disagreements to shrink and print")
    parser.add_argument("--misuse", action="store_true", help="compare second releases and uses after release, too")
    parser.add_argument(
        "--spread", action="store_true", help="acquire and release through helpers, classes and modules"
    )
    parser.add_argument("--replay", type=Path, help="compare the one function of this file")
    options = parser.parse_args(arguments)
    if options.replay:
        return replay(options.replay)

    modes = MODES if options.mode == "all" else (options.mode,)
    todo = list(tasks(options.seed, modes, options.programs, options.misuse, options.spread))
    total = options.programs * len(modes)
    counts: collections.Counter[str] = collections.Counter()
    kept: list[Comparison] = []
    done = 0
    started = time.monotonic()
    pool = ProcessPoolExecutor(options.jobs) if options.jobs > 1 else None
    try:
        for count, part, found in pool.map(run_chunk, todo) if pool else map(run_chunk, todo):
            done += count
            counts += part
            kept += found
            rate = done / max(time.monotonic() - started, 1e-9)
            line = f"{done}/{total} programs, {counts['disagreed']} disagreements, {rate:.0f}/s"
            end = "" if sys.stderr.isatty() and done < total else "\n"
            if end == "" or done == total or done % (CHUNK * 20) == 0:
                print("\r" * (not end) + line, end=end, file=sys.stderr, flush=True)
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)

    for status, title in ((Status.DISAGREED, "disagreement"), (Status.BOUNDED, "bounded, and different")):
        shown: set[str] = set()
        for result in [one for one in kept if one.status is status][: options.show]:
            least = shrink(result, check_spread if options.spread else check, misuse=options.misuse)
            if least.text not in shown:
                shown.add(least.text)
                print(f"--- {title} ({least.program.mode})\n{least.describe()}\n")
    for name in sorted(counts):
        if name.startswith("skipped: ") or name == "with findings":
            print(f"{counts[name]:8} {name}")
    print(
        f"{total} programs, {counts['disagreed']} disagreements, {counts['bounded']} bounded,"
        f" {counts['skipped']} skipped, seed {options.seed}"
    )
    return 1 if counts["disagreed"] else 0


if __name__ == "__main__":
    sys.exit(main())
