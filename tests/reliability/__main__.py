"""Runs the tool over files and says what came of them.

python -m tests.reliability files DIR...                       every file below, as it is
python -m tests.reliability mutations DIR... --count 100000    files below, each time changed in other places
python -m tests.reliability readings DIR... --count 100000     the same, read in two ways that must agree
python -m tests.reliability generated --count 10000            files that a grammar of Python gives (needs hypothesmith)

Exit status 1 if anything crashed, hung, died or ended in an internal error; those files are kept in --keep.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tests.reliability.mutate import mutated
from tests.reliability.readings import try_readings
from tests.reliability.trial import Tally, try_file

CHUNK = 200
WORDS = (b"acquire", b"connect", b"getconn", b"session", b"Session")
"""Files without any of these hold nothing to follow: mutations start from the others."""

Job = tuple[str, int, int, tuple[str, ...]]
"""What to do, the first number, how many, and the paths."""


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("what", choices=("files", "mutations", "readings", "generated"))
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("build/reliability"))
    options = parser.parse_args()
    paths = tuple(sorted(str(path) for folder in options.paths for path in _below(folder)))
    if options.what == "mutations":
        paths = tuple(path for path in paths if any(word in Path(path).read_bytes() for word in WORDS))
    count = len(paths) if options.what == "files" else options.count
    first = options.seed * 1_000_000_000
    begun = time.monotonic()
    jobs = [(options.what, first + n, min(CHUNK, count - n), paths) for n in range(0, count, CHUNK)]
    tally = _run(jobs, options.jobs)
    _keep(tally, options.keep)
    print(f"{options.what}: {_line(tally)} (seed {options.seed}, {time.monotonic() - begun:.0f} s)")
    return 1 if tally.failures else 0


def _below(path: Path) -> Iterator[Path]:
    yield from (file for file in path.rglob("*.py") if file.is_file()) if path.is_dir() else (path,)


def _run(jobs: list[Job], processes: int) -> Tally:
    tally = Tally()
    with ProcessPoolExecutor(processes) as pool:
        futures = {pool.submit(_work, job): job for job in jobs}
        for number, future in enumerate(as_completed(futures), start=1):
            try:
                tally.add(future.result())
            except BrokenProcessPool:
                return _died(tally, futures[future])
            if sys.stderr.isatty() or number % 200 == 0:
                print(f"{_line(tally)}", file=sys.stderr)
    return tally


def _died(tally: Tally, job: Job) -> Tally:
    """The parser took its process along: that is the worst, so the run ends there."""
    tally.counts["died"] += 1
    tally.failures.append((f"{job[0]}-{job[1]}", repr(job[:3]).encode(), "died: a process, in this chunk or another"))
    return tally


def _work(job: Job) -> Tally:
    what, first, count, paths = job
    gc.set_threshold(100_000, 20, 20)
    tally = Tally()
    for number in range(first, first + count):
        chance = random.Random(number)
        if what == "files":
            name = paths[number % 1_000_000_000]
            try_file(name, Path(name).read_bytes(), tally)
        elif what == "mutations":
            name = chance.choice(paths)
            text = Path(name).read_bytes().decode("utf-8", "replace")
            try_file(f"{name}-{number}", mutated(text, chance).encode("utf-8", "surrogatepass"), tally)
        elif what == "readings":
            name = chance.choice(paths)
            text = mutated(Path(name).read_bytes().decode("utf-8", "replace"), chance)
            try_readings(f"{name}-{number}", text.encode("utf-8", "surrogatepass"), tally, chance)
        else:
            try_file(f"generated-{number}", _generated(number).encode("utf-8", "surrogatepass"), tally)
    return tally


def _generated(number: int) -> str:
    """A file from the grammar; the same for the same number."""
    import hypothesmith
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import NoSuchExample

    rare = settings(
        max_examples=1, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None
    )
    last: list[str] = []
    with contextlib.suppress(NoSuchExample):
        find(
            hypothesmith.from_grammar(),
            lambda text: bool(last.append(text)),
            settings=rare,
            random=random.Random(number),
        )
    return last[-1] if last else ""


def _line(tally: Tally) -> str:
    counts = tally.counts
    wrong = ", ".join(
        f"{what} {number}"
        for what, number in sorted(counts.items())
        if what[:3] != "PGL" and what not in ("files", "sites", "findings")
    )
    codes = ", ".join(f"{what} {number}" for what, number in sorted(counts.items()) if what[:3] == "PGL")
    return f"{counts['files']:,} files, {counts['sites']:,} sites, {counts['findings']:,} findings; {codes or 'no diagnostics'}; {wrong or 'nothing wrong'}"


def _keep(tally: Tally, folder: Path) -> None:
    for number, (name, data, fault) in enumerate(tally.failures):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.py").write_bytes(data)
        (folder / f"{number}.txt").write_text(f"{name}\n{fault}\n", "utf-8")
        print(f"{name}: {fault.splitlines()[-1]}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
