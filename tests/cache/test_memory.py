"""A run that remembers says what a run without memory says, whatever happened to the files and to the cache in between."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pgleak_lint.cache import table as tables
from pgleak_lint.cache import validity
from pgleak_lint.cli.main import main
from pgleak_lint.pipeline import memory, project

ROOT = Path(__file__).parents[2]

HELPER = (
    "import psycopg2\n\n\ndef take(dsn):\n    return psycopg2.connect(dsn)\n\n\ndef give(conn):\n    conn.close()\n"
)
NO_HELPER = "def take(dsn):\n    return dsn\n\n\ndef give(conn):\n    pass\n"
BROKEN_HELPER = HELPER.replace("    conn.close()", "    print(conn)")
USER = "from app.helper import give, take\n\n\ndef work(dsn):\n    conn = take(dsn)\n    give(conn)\n    return 1\n"
PASSER = "from app.helper import take\n\n\ndef passed(dsn):\n    return take(dsn)\n"
FAR = "from app.passer import passed\n\n\ndef far(dsn):\n    conn = passed(dsn)\n    return 1\n"
PLAIN = "import os\n\n\ndef plain():\n    return os.getcwd()\n"
BROKEN = "def broken(:\n"
LEAK = "import asyncpg\n\n\nasync def leak(pool: asyncpg.Pool):\n    conn = await pool.acquire()\n    await conn.fetch('x')\n"
TEXTS = (HELPER, NO_HELPER, BROKEN_HELPER, USER, PASSER, FAR, PLAIN, BROKEN, LEAK)
NAMES = ("helper", "passer", "user", "far", "plain", "deep/inner", "other")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(validity, "SETTLED", 0)  # tests change files faster than people do
    for name, text in (
        ("__init__", ""),
        ("helper", HELPER),
        ("user", USER),
        ("passer", PASSER),
        ("far", FAR),
        ("plain", PLAIN),
    ):
        write(tmp_path / "app" / f"{name}.py", text)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def lint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, object]:
    """What a run says and its exit code."""
    project.forget_projects()
    with pytest.raises(SystemExit) as ended:
        main(["check", "--isolated", "--output-format", "json", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return json.loads(out), ended.value.code


def both(capsys: pytest.CaptureFixture[str], *paths: str) -> tuple[object, object]:
    """What a run that remembers says, after a look at whether one without memory agrees."""
    remembered = lint(capsys, *(paths or (".",)))
    assert remembered == lint(capsys, "--no-cache", *(paths or (".",)))
    return remembered


def count(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are checked from now on."""
    from pgleak_lint.pipeline import run

    seen: list[str] = []
    real = run._check
    monkeypatch.setattr(run, "_check", lambda task, traced: seen.append(task.shown) or real(task, traced))
    return seen


def test_nothing_is_checked_twice(
    app: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lint(capsys, ".")
    time.sleep(0.05)
    seen = count(capsys, monkeypatch)
    assert lint(capsys, ".") == first
    assert seen == []
    write(app / "app" / "plain.py", PLAIN + "# changed\n")
    assert lint(capsys, ".") == first
    assert seen == ["app/plain.py"]
    seen.clear()
    write(app / "app" / "helper.py", BROKEN_HELPER)
    report, _ = lint(capsys, ".")
    assert [f["path"] for f in report["findings"]] == ["app/far.py", "app/user.py"]
    assert sorted(seen) == ["app/far.py", "app/helper.py", "app/passer.py", "app/user.py"]


def test_a_touched_file_is_read_and_not_checked(
    app: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lint(capsys, ".")
    seen = count(capsys, monkeypatch)
    os.utime(app / "app" / "user.py")
    both(capsys)
    assert "app/user.py" not in seen[: len(seen) - 6]


def test_a_module_that_comes_or_goes(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (app / "app" / "helper.py").unlink()
    both(capsys)
    write(app / "app" / "helper.py", BROKEN_HELPER)
    report, _ = both(capsys)
    assert [f["path"] for f in report["findings"]] == ["app/far.py", "app/user.py"]
    (app / "app" / "helper.py").rename(app / "app" / "helped.py")
    both(capsys)
    write(app / "app" / "helper" / "__init__.py", HELPER)
    both(capsys)


def test_what_was_not_checked_itself(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both(capsys, "app/user.py")
    write(app / "app" / "helper.py", BROKEN_HELPER)
    report, _ = both(capsys, "app/user.py")
    assert len(report["findings"]) == 1
    both(capsys)


def test_settings_count(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(app / "app" / "helper.py", BROKEN_HELPER)
    both(capsys)
    for options in (["--select", "PGL103"], ["--strict"], ["--evidence", "weak"], ["--ignore", "PGL1"], []):
        assert lint(capsys, *options, ".") == lint(capsys, "--no-cache", *options, ".")


@pytest.mark.parametrize("seed", range(48))
def test_random_edits(app: Path, capsys: pytest.CaptureFixture[str], seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(12):
        path = app / "app" / f"{rng.choice(NAMES)}.py"
        match rng.randrange(5):
            case 0 if path.exists():
                path.unlink()
            case 1 if path.exists():
                path.rename(app / "app" / f"{rng.choice(NAMES[:5])}.py")
            case 2:
                init = path.parent / "__init__.py"
                init.unlink() if init.exists() else write(init, "")
            case _:
                write(path, rng.choice(TEXTS))
        target = rng.choice([".", ".", "app", *[os.fspath(p.relative_to(app)) for p in app.rglob("*.py")][:3]])
        both(capsys, target)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"PGL10", b"PGL99"),
        lambda data: b"x" + data,
        lambda data: b"\x00" * 100,
        lambda data: data.partition(b"\n")[0] + b"\n{}",
        lambda data: tables._seal(b"[]", "").encode() + b"\n[]",
        lambda data: tables._seal(b"[" * 100_000, "").encode() + b"\n" + b"[" * 100_000,
    ],
)
def test_a_damaged_cache_is_no_cache(app: Path, capsys: pytest.CaptureFixture[str], damage: object) -> None:
    write(app / "app" / "helper.py", BROKEN_HELPER)
    both(capsys)
    path = app / ".pgleak_cache" / "results.json"
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    both(capsys)
    both(capsys)


def test_a_result_that_makes_no_sense_is_no_result(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(app / "app" / "helper.py", BROKEN_HELPER)
    both(capsys)
    path = app / ".pgleak_cache" / "results.json"
    body = json.loads(path.read_bytes().partition(b"\n")[2])
    for row in body["entries"]:
        if len(row) > 3 and row[5] is not None:
            row[5] = ["other", 1, None]
    text = json.dumps(body).encode()
    path.write_bytes(tables._seal(text, memory._context()).encode() + b"\n" + text)
    both(capsys)


def test_it_ignores_itself_in_git_and_can_be_deleted(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lint(capsys, ".")
    assert (app / ".pgleak_cache" / ".gitignore").read_text() == "*\n"
    with pytest.raises(SystemExit) as ended:
        main(["clean", "--isolated"])
    assert ended.value.code == 0
    assert not (app / ".pgleak_cache").exists()
    assert capsys.readouterr().err == "note: .pgleak_cache is deleted\n"


def test_other_folders(app: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lint(capsys, "--cache-dir", "here", ".")
    assert (app / "here" / "results.json").exists()
    monkeypatch.setenv("PGLEAK_LINT_CACHE_DIR", "there")
    lint(capsys, ".")
    assert (app / "there" / "results.json").exists()
    monkeypatch.setenv("PGLEAK_LINT_NO_CACHE", "1")
    monkeypatch.setenv("PGLEAK_LINT_CACHE_DIR", "nowhere")
    lint(capsys, ".")
    assert not (app / "nowhere").exists()
    assert not (app / ".pgleak_cache").exists()


def test_a_place_that_cannot_be_written(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(app / "taken", "a file")
    (app / "app" / "far.py").unlink()
    project.forget_projects()
    with pytest.raises(SystemExit) as ended:
        main(["check", "--isolated", "--cache-dir", "taken", "."])
    assert ended.value.code == 0
    assert capsys.readouterr().err.startswith("warning: cannot write the cache: ")


def test_runs_that_are_killed_leave_nothing_wrong(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(app / "app" / "helper.py", BROKEN_HELPER)
    wanted = lint(capsys, "--no-cache", ".")
    environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT / "src")}
    command = [sys.executable, "-m", "pgleak_lint", "check", "--isolated", "--jobs", "1", "."]
    rng = random.Random(1)
    for number in range(8):
        write(app / "app" / f"more{number}.py", LEAK)
        run = subprocess.Popen(command, cwd=app, env=environment, stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.0, 0.5))
        run.kill()
        run.wait()
        (app / "app" / f"more{number}.py").unlink()
        assert lint(capsys, ".") == wanted


def test_runs_at_the_same_time(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT / "src")}
    command = [sys.executable, "-m", "pgleak_lint", "check", "--isolated", "--output-format", "json", "."]
    for text in (BROKEN_HELPER, HELPER):
        write(app / "app" / "helper.py", text)
        runs = [subprocess.Popen(command, cwd=app, env=environment, stdout=subprocess.PIPE) for _ in range(4)]
        said = [json.loads(run.communicate()[0]) for run in runs]
        assert all(report == said[0] for report in said)
        assert both(capsys)[0] == said[0]
