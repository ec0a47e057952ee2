"""How the cost of a check grows with the size and the shape of a function.

``python benchmarks/scaling.py [--quick] [--only NAME] [--chart FILE.svg]`` generates sources and prints, as a Markdown table,
the CPU time of ``check_source`` beside that of ``libcst.parse_module`` on the same text in the same process.
The ratio of the two hardly depends on the machine; the slope is that of the cost over the number of
statements on a log-log scale (1 is linear). ``--quantities`` prints P14 to P16 of the table in `peers`, a line each.
"""

from __future__ import annotations

import argparse
import functools
import gc
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sources import (
    HEADER,
    aliases,
    branches,
    cases,
    finallies_in_finally,
    flags,
    long_finallies,
    loops,
    modules,
    nested_finallies,
    nesting,
)

RUNS = 5
LINES = (2_000, 4_000, 8_000, 12_000, 20_000)

Curves = dict[str, list[tuple[int, float]]]


def cpu_time(action: Callable[[], object], runs: int) -> float:
    """Median CPU seconds of ``action``; after a slow first run it is not repeated as often."""
    times = []
    for _ in range(runs):
        gc.collect()
        started = time.process_time()
        action()
        times.append(time.process_time() - started)
        if sum(times) > 60:
            break
    return statistics.median(times)


def slope(points: list[tuple[int, float]]) -> float:
    """Of the line through ``points`` on a log-log scale."""
    xs = [math.log(x) for x, _ in points]
    ys = [math.log(max(y, 1e-9)) for _, y in points]
    mean_x, mean_y = statistics.fmean(xs), statistics.fmean(ys)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum((x - mean_x) ** 2 for x in xs)


def costs(text: str, runs: int) -> tuple[float, float]:
    """CPU seconds of libcst's parser and of the check."""
    import libcst

    from pgleak_lint import check_source

    parse = cpu_time(functools.partial(libcst.parse_module, text), runs)
    return parse, cpu_time(functools.partial(check_source, text, path="<string>"), runs)


def quantities(runs: int) -> Iterator[tuple[str, float]]:
    """P14, the slope over realistic modules; P15 and P16, the dearest of their shapes."""
    yield "P14", slope([(lines, costs(modules(lines), runs)[1]) for lines in LINES])
    large = (branches(5_000), long_finallies(10_000, 200), modules(20_000))
    ratios = [check / parse for parse, check in (costs(text, runs) for text in large)]
    yield "P15", max(ratios)
    hard = (flags(40), loops(18), nested_finallies(15), finallies_in_finally(12), aliases(2_000), nesting(60))
    yield "P16", max(_whole_runs(text, runs) for text in hard)


def _whole_runs(text: str, runs: int) -> float:
    """The wall time of a run over that text, over that of importing libcst; medians of pairs."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "shape.py")
        path.write_text(text, "utf-8")
        check = [sys.executable, "-m", "pgleak_lint", "check", "--isolated", "--no-cache", os.fspath(path)]
        for _ in range(runs):
            ratios.append(_wall(check) / _wall([sys.executable, "-c", "import libcst"]))
    return statistics.median(ratios)


def _wall(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def table(options: argparse.Namespace) -> Curves:
    """Print what each source costs; the curves of the series, in seconds over statements."""
    print("| source | lines | parse, ms | check, ms | check / parse |")
    print("|---|---:|---:|---:|---:|")
    curves: Curves = {}
    for case in cases(options.quick):
        if options.only and options.only not in case.name:
            continue
        parse, check = costs(case.text, options.runs)
        lines = case.text.count("\n")
        ratio = check / max(parse, 1e-9)
        print(f"| {case.name} | {lines:,} | {parse * 1e3:.1f} | {check * 1e3:.1f} | {ratio:.2f} |", flush=True)
        if case.series:
            curves.setdefault(case.series, []).append((case.statements, check))
            curves.setdefault("libcst's parser", []).append((case.statements, parse))
    return curves


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="sizes up to 1,000 only")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", help="cases whose name contains this")
    parser.add_argument("--chart", type=Path, help="where to draw the series")
    parser.add_argument("--quantities", action="store_true")
    options = parser.parse_args(arguments)
    costs(HEADER + "    pass\n", 1)  # what is loaded on first use is not measured
    if options.quantities:
        for name, value in quantities(options.runs):
            print(name, value, flush=True)
        return 0
    curves = table(options)
    parsed = dict(_medians(curves.pop("libcst's parser", [])))
    if any(len(points) > 1 for points in curves.values()):
        print("\n| series | slope (1 is linear) |")
        print("|---|---:|")
        for series, points in curves.items():
            if len(points) > 1:
                print(f"| {series} | {slope(points):.2f} |")
    if options.chart is not None:
        from chart import log_log

        curves["libcst's parser alone"] = sorted(parsed.items())
        options.chart.write_text(log_log(curves, "statements", "seconds of CPU"), "utf-8")
    return 0


def _medians(points: list[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    for size in sorted({size for size, _ in points}):
        yield size, statistics.median(value for at, value in points if at == size)


if __name__ == "__main__":
    sys.exit(main())
