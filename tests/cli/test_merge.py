"""Shards and the report that they make together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pgleak_lint.report import FORMATS
from tests.cli.running import LEAK, lint


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for number in range(7):
        text = LEAK if number % 2 else "x = 1\n"
        (tmp_path / f"m{number}.py").write_text(text if number != 6 else "def broken(:\n")
    return tmp_path


def shards(tree: Path, parts: int) -> list[str]:
    names = []
    for part in range(1, parts + 1):
        name = f"part{part}.json"
        lint(tree, "check", "--shard", f"{part}/{parts}", "--output-format", "json", "--output-file", name, ".")
        names.append(name)
    return names


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 12])
def test_shards_say_together_what_one_run_says(tree: Path, parts: int) -> None:
    whole = lint(tree, "check", "--output-format", "json", ".")
    merged = lint(tree, "merge", "--output-format", "json", *shards(tree, parts))
    assert json.loads(merged.out) == json.loads(whole.out)
    assert merged.code == whole.code == 1


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("html", "jsonlines")])
def test_formats(tree: Path, name: str) -> None:
    whole = lint(tree, "check", "--output-format", name, ".")
    assert lint(tree, "merge", "--output-format", name, *shards(tree, 2)).out == whole.out


def test_the_exit_code_is_the_worst(tree: Path) -> None:
    names = shards(tree, 2)
    assert lint(tree, "merge", "--exit-zero", *names).code == 0
    (tree / "clean.py").write_text("x = 1\n")
    lint(tree, "check", "--output-format", "json", "--output-file", "clean.json", "clean.py")
    assert lint(tree, "merge", "clean.json").code == 0
    assert lint(tree, "merge", "clean.json", *names).code == 1
    data = json.loads((tree / "clean.json").read_text())
    data["summary"]["exit_code"] = 2
    (tree / "worse.json").write_text(json.dumps(data))
    assert lint(tree, "merge", "--exit-zero", "worse.json", *names).code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a json report"),
        ("[]", "not a json report"),
        ("{}", "not a json report"),
        ('{"tool": {"name": "other"}}', "a report of another tool"),
        ('{"tool": {"name": "pgleak-lint"}, "schema_version": 9}', "schema version 9 is not 1"),
        (
            '{"tool": {"name": "pgleak-lint"}, "schema_version": 1, "findings": [{}], "summary": {}}',
            "not a json report",
        ),
    ],
)
def test_what_is_no_report(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "r.json").write_text(text)
    run = lint(tmp_path, "merge", "r.json")
    assert (run.code, run.out, run.err) == (2, "", f"error: r.json: {said}\n")


def test_other_faults(tree: Path) -> None:
    assert lint(tree, "merge", "none.json").err == "error: no such file: none.json\n"
    (name,) = shards(tree, 1)
    assert "is not one of" in lint(tree, "merge", "--output-format", "pdf", name).err
    data = json.loads((tree / name).read_text())
    (tree / "moved.json").write_text(json.dumps({**data, "base_dir": "other"}))
    assert lint(tree, "merge", name, "moved.json").err == (
        "error: moved.json: its paths begin at other, those of part1.json at .\n"
    )
    for value in ("0/2", "3/2", "x", "1/", "1/0", "-1/2"):
        run = lint(tree, "check", f"--shard={value}", ".")
        assert run.code == 2
        assert run.err == f"error: --shard: expected a part and the number of parts, such as 2/4, got '{value}'\n"
    run = lint(tree, "check", "--shard", "1/2", "--baseline", "b.json", "--write-baseline", ".")
    assert run.err == "error: --write-baseline and --shard exclude each other\n"
    assert lint(tree, "check", "--shard", "1/2", "-").err == "error: --shard cannot be used with standard input\n"
