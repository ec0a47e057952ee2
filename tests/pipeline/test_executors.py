"""Files are checked wherever an executor of the caller's takes them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from pgleak_lint import Settings, check_paths
from pgleak_lint.pipeline import run
from pgleak_lint.pipeline.tasks import Task

LEAK = "import psycopg2\n\n\ndef f(dsn):\n    conn = psycopg2.connect(dsn)\n    conn.cursor()\n"


@contextmanager
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2) as executor:
        yield executor


@contextmanager
def dask() -> Iterator[Executor]:
    """A cluster of two processes on this machine."""
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        yield client.get_executor()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(70):
        text = LEAK.replace("dsn", f"dsn{number}") if number % 7 == 0 else "x = 1\n"
        (tmp_path / f"m{number:03}.py").write_text(text)
    return tmp_path


@pytest.mark.parametrize("kind", [processes, dask])
def test_any_executor_will_do(folder: Path, kind: object) -> None:
    assert callable(kind)
    tasks = [Task(str(path), path.name, Settings(root=str(folder))) for path in sorted(folder.iterdir())]
    here = run.run(tasks)
    told: list[int] = []
    with kind() as executor:
        assert run.run(tasks, executor=executor, done=told.append) == here
        report = check_paths([folder], executor=executor)
    assert sum(told) == 70
    assert report == check_paths([folder])
    assert len(report.findings) == 10
