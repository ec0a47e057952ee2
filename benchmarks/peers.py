"""How long we take beside other linters, on the same files, in turn, on one machine.

``python benchmarks/peers.py --corpus .corpus [--runs 5] [--only P1,P8] [--write docs/performance.md]`` runs us and a peer
alternately and prints the medians of the ratios of their wall times. What it needs is in ``benchmarks/requirements.txt``.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).parent
MARKS = ("<!-- begin peers -->", "<!-- end peers -->")
SCAN = r"""
import hashlib, os, re, sys
from concurrent.futures import ProcessPoolExecutor
WORDS = re.compile(rb"\b(?:acquire|begin|connect|connection|cursor|getconn|session)\b")  # the least that tells what to look into
def scan(paths):
    found = 0
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        hashlib.blake2b(data).digest()
        found += len(WORDS.findall(data))
    return found
if __name__ == "__main__":
    paths = [os.path.join(d, f) for root in sys.argv[1:] for d, _, fs in os.walk(root) for f in fs if f.endswith(".py")]
    with ProcessPoolExecutor(2) as pool:
        print(sum(pool.map(scan, [paths[n::64] for n in range(64)])))
"""

COPY_PLAIN = """
import sys
from pathlib import Path
from pgleak_lint import Settings
from pgleak_lint.pipeline.project import project_of
from pgleak_lint.source.words import words_of
project = project_of(Settings())
for number, root in enumerate(sys.argv[2:]):
    for path in Path(root).rglob("*.py"):
        data = path.read_bytes()
        if project.relevance.vocabulary.speaks(words_of(data)) or project.can_matter(data, str(path.absolute())):
            continue
        copy = Path(sys.argv[1], str(number), path.relative_to(root))
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
"""


@dataclass(frozen=True)
class Cost:
    """What one command took: seconds, and the memory of its largest process in bytes."""

    wall: float
    cpu: float
    memory: int


def measure(command: Sequence[str], cwd: Path) -> Cost:
    """Run a command and wait for it; what it says goes nowhere."""
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if not 0 <= process.returncode < 32:  # pylint says in bits what it found
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    # ru_maxrss of wait4 is that of the largest process among the command and its children
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


@dataclass(frozen=True)
class Row:
    """A quantity: ``of`` ours over that of the ``peer``, where there is one (``inverse``: the other way round, more is better;
    ``slow``: once is enough). ``before`` is run ahead of each of our runs."""

    name: str
    what: str
    goal: str
    bar: float
    ours: Sequence[str]
    peer: Sequence[str] | None
    of: Callable[[Cost], float] = lambda cost: cost.wall
    inverse: bool = False
    slow: bool = False
    before: Callable[[], object] = lambda: None


class Bench:
    """The corpus and the commands."""

    def __init__(self, corpus: Path, scratch: Path) -> None:
        self.scratch = scratch
        self.big, self.heavy = (
            [_unpacked(corpus, name, version) for name, version in pins] for pins in self._sections()
        )

    @staticmethod
    def _sections() -> Iterator[list[tuple[str, str]]]:
        from corpus import read_pins

        text = (HERE / "corpus.txt").read_text("utf-8")
        for section in text.split("# BIG")[1].split("# DBHEAVY"):
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as part:
                part.write("#" + section)
                part.flush()
                yield read_pins(Path(part.name))

    def ours(self, *paths: str, cache: str = "", jobs: int = 2, more: Sequence[str] = ()) -> list[str]:
        kept = ["--cache-dir", os.fspath(self.scratch / "caches" / cache)] if cache else ["--no-cache"]
        program = [sys.executable, "-m", "pgleak_lint", "check", "--isolated", "--jobs", str(jobs), *kept, *more]
        return [*program, "--output-format", "concise", *paths]

    def ruff(self, *paths: str, more: Sequence[str] = ()) -> list[str]:
        return [_tool("ruff"), "check", "--no-cache", "--isolated", "--quiet", "--exit-zero", *more, *paths]

    def pylint(self, *paths: str) -> list[str]:
        return [
            _tool("pylint"),
            "--disable=all",
            "--enable=R1732",
            "-j2",
            "--persistent=no",
            "--rcfile=/dev/null",
            *paths,
        ]

    def files(self, roots: Sequence[str]) -> list[str]:
        return sorted(os.fspath(path) for root in roots for path in Path(root).rglob("*.py"))

    @cached_property
    def tenth(self) -> list[str]:
        """A random tenth of the large tree."""
        files = self.files(self.big)
        return sorted(random.Random(1).sample(files, len(files) // 10))

    @cached_property
    def plain(self) -> str:
        """The large tree without the files that have to do with a database."""
        target = os.fspath(self.scratch / "plain")
        # in a process of its own: the memory of this one counts as that of what it starts
        subprocess.run([sys.executable, "-c", COPY_PLAIN, target, *self.big], check=True)
        return target

    @cached_property
    def changing(self) -> Path:
        """A copy of the large tree, to change files in."""
        target = self.scratch / "changing"
        for root in self.big:
            shutil.copytree(root, target / Path(root).name)
        old = time.time() - 3600
        for path in target.rglob("*.py"):
            os.utime(path, (old, old))
        return target

    def change(self) -> None:
        """Change one file that acquires."""
        path = next(self.changing.rglob("airflow/providers/mysql/hooks/mysql.py"))
        path.write_text(path.read_text("utf-8") + "# changed\n", "utf-8")

    def one(self, name: str, text: str) -> str:
        path = self.scratch / name
        path.write_text(text, "utf-8")
        return os.fspath(path)


def _unpacked(corpus: Path, name: str, version: str) -> str:
    from corpus import normalized

    for folder in (f"{name}-{version}", f"{normalized(name)}-{version}"):
        if (corpus / folder).is_dir():
            return os.fspath(corpus / folder)
    raise SystemExit(f"{name}=={version} is not in {corpus}: python benchmarks/corpus.py fetch --into {corpus}")


def _tool(name: str) -> str:
    return shutil.which(name, path=os.fspath(Path(sys.executable).parent)) or name


def rows(bench: Bench) -> Iterator[Row]:
    """All quantities, in the order of the table."""
    python, big, heavy = sys.executable, bench.big, bench.heavy

    def memory(cost: Cost) -> float:
        return float(cost.memory)

    scan = bench.one("scan.py", SCAN)
    tests = next(Path(folder) for folder in bench.heavy if "aiosqlite" in os.path.basename(folder))
    leaky = "\n".join((tests / "aiosqlite" / "tests" / "smoke.py").read_text("utf-8").splitlines()[:300]) + "\n"
    table = "X = [\n" + "".join(f'    ("row {n}", {n}, {n / 7!r}, None, True),\n' for n in range(100_000)) + "]\n"
    data = bench.one("table.py", table)
    yield Row("P1", "BIG, no cache / ruff, default rules", "2.0", 3.0, bench.ours(*big), bench.ruff(*big))
    yield Row(
        "P2",
        "BIG, no cache / ruff, all rules",
        "0.9",
        1.2,
        bench.ours(*big),
        bench.ruff(*big, more=["--select", "ALL"]),
    )
    yield Row(
        "P3",
        "pylint R1732 / ours, a tenth of BIG",
        "60",
        40,
        bench.ours(*bench.tenth),
        bench.pylint(*bench.tenth),
        inverse=True,
        slow=True,
    )
    yield Row(
        "P3c",
        "the same, cached and unchanged",
        "60",
        40,
        bench.ours(*bench.tenth, cache="tenth"),
        bench.pylint(*bench.tenth),
        inverse=True,
        slow=True,
    )
    yield Row("P4", "DBHEAVY, no cache / ruff, default rules", "7", 10, bench.ours(*heavy), bench.ruff(*heavy))
    yield Row(
        "P5",
        "pylint R1732 / ours, DBHEAVY",
        "30",
        20,
        bench.ours(*heavy),
        bench.pylint(*bench.files(heavy)),
        inverse=True,
        slow=True,
    )
    yield Row(
        "P5c",
        "the same, cached and unchanged",
        "30",
        20,
        bench.ours(*heavy, cache="heavy"),
        bench.pylint(*bench.files(heavy)),
        inverse=True,
        slow=True,
    )
    yield Row(
        "P5b",
        "flake8-async / ours, DBHEAVY",
        "100",
        60,
        bench.ours(*heavy),
        [_tool("flake8"), "--isolated", "--select=ASYNC", "-j2", *heavy],
        inverse=True,
        slow=True,
    )
    yield Row("P6", "BIG, no cache / reading, hashing, scanning", "8", 12, bench.ours(*big), [python, scan, *big])
    yield Row(
        "P7",
        "BIG without its database files / ruff, default rules",
        "0.35",
        0.5,
        bench.ours(bench.plain),
        bench.ruff(*big),
    )
    yield Row(
        "P8",
        "BIG, cached and unchanged / ruff without cache",
        "0.12",
        0.2,
        bench.ours(os.fspath(bench.changing), cache="changing"),
        bench.ruff(*big),
    )
    yield Row(
        "P9",
        "BIG, cached, one acquiring file changed / ruff without cache",
        "0.3",
        0.5,
        bench.ours(os.fspath(bench.changing), cache="changing"),
        bench.ruff(*big),
        before=bench.change,
    )
    yield Row(
        "P10",
        "a file of 300 lines with leaks / import libcst",
        "1.8",
        2.5,
        bench.ours(bench.one("leaky.py", leaky)),
        [python, "-c", "import libcst"],
    )
    yield Row(
        "P11",
        "a file without database words / import click",
        "1.4",
        2.0,
        bench.ours(bench.one("plain.py", "x = 1\n")),
        [python, "-c", "import click"],
    )
    yield Row(
        "P11b",
        "--version / import click",
        "1.4",
        2.0,
        [python, "-m", "pgleak_lint", "--version"],
        [python, "-c", "import click"],
    )
    yield Row("P12", "largest process, BIG / ruff's", "1.0", 1.5, bench.ours(*big), bench.ruff(*big), of=memory)
    yield Row("P13", "largest process, BIG / DBHEAVY", "1.2", 1.5, bench.ours(*big), bench.ours(*heavy), of=memory)
    yield Row(
        "P19",
        "CPU / wall, BIG",
        "1.8",
        1.6,
        bench.ours(*big),
        None,
        of=lambda cost: cost.cpu / cost.wall,
        inverse=True,
    )
    yield Row(
        "P17",
        "data table of 4 MB / ast.parse",
        "0.3",
        1.2,
        bench.ours(data),
        [python, "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", data],
    )


def measured(row: Row, runs: int) -> tuple[float, float, float]:
    """The median of the ratios, and those of both sides."""
    of = row.of
    measure(row.ours, HERE)  # file caches are warm for both
    if row.peer is None:
        found = statistics.median(of(measure(row.ours, HERE)) for _ in range(runs))
        return found, found, found
    pairs = []
    for _ in range(runs):
        row.before()
        pairs.append((of(measure(row.ours, HERE)), of(measure(row.peer, HERE))))
    ratios = [peer / own if row.inverse else own / peer for own, peer in pairs]
    return statistics.median(ratios), statistics.median(own for own, _ in pairs), statistics.median(p for _, p in pairs)


def _value(row: Row, value: float) -> str:
    if row.peer is None:
        return ""
    return f"{value / 1e6:.0f} MB" if row.name in ("P12", "P13") else f"{value:.2f} s"


@dataclass(frozen=True)
class Shape:
    """A quantity that needs no corpus: `scaling` measures it."""

    name: str
    what: str
    goal: str
    bar: float


SHAPES = (
    Shape("P14", "slope of the CPU time over 2,000 to 20,000 lines (log-log)", "1.15", 1.25),
    Shape("P15", "5,000 branches; 200 `try`/`finally`; 20,000 lines: CPU / libcst's parser, the dearest", "3", 6.0),
    Shape("P16", "2^40 paths, 18 loops, nested `finally`, 2,000 aliases, 60 levels: wall / import libcst, the dearest", "3", 8.0),
)  # fmt: skip


def lines(bench: Bench, names: frozenset[str], runs: int) -> Iterator[str]:
    """The rows of the table, each as it is measured."""
    for row in rows(bench):
        if not names or row.name in names:
            ratio, ours, peer = measured(row, 1 if row.slow else runs)
            is_met = ratio >= row.bar if row.inverse else ratio <= row.bar
            yield _line(row, ratio, is_met, _value(row, ours), _value(row, peer))
    if not names or not names.isdisjoint(shape.name for shape in SHAPES):
        # in a process of its own: what it imports would count as the memory of all that is started from here
        command = [sys.executable, os.fspath(HERE / "scaling.py"), "--quantities", "--runs", str(runs)]
        said = subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout
        found = {name: float(value) for name, value in map(str.split, said.splitlines())}
        for shape in SHAPES:
            yield _line(shape, found[shape.name], found[shape.name] <= shape.bar, "", "")


def _line(row: Row | Shape, ratio: float, is_met: bool, ours: str, peer: str) -> str:
    shown = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
    told = shown if is_met else f"**{shown}**"
    return f"| {row.name} | {row.what} | {row.goal} | {row.bar:g} | {told} | {ours} | {peer} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    found = ["| # | quantity | goal | bar | measured | ours | peer |", "|---|---|---|---|---|---|---|"]
    names = frozenset(filter(None, options.only.split(",")))
    with tempfile.TemporaryDirectory() as scratch:
        for line in lines(Bench(options.corpus.resolve(), Path(scratch)), names, options.runs):
            found.append(line)
            print(line, flush=True)
    if options.write is not None:
        text = options.write.read_text("utf-8")
        head, rest = text.split(MARKS[0])
        tail = rest.split(MARKS[1])[1]
        options.write.write_text("\n".join([head + MARKS[0], "", *found, "", MARKS[1] + tail]), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
