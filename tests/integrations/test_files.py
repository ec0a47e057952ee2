"""The files that other tools read: they parse, and what they expect is what we print."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def check(*words: str) -> subprocess.CompletedProcess[str]:
    """``pgleak-lint check`` over the leaky examples."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "pgleak_lint", "check", *words, "examples/leaky"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env, check=False)


def test_the_problem_matcher_reads_every_line() -> None:
    (task,) = json.loads((ROOT / "integrations" / "vscode-tasks.json").read_text())["tasks"]
    pattern = task["problemMatcher"]["pattern"]
    lines = check(*task["args"][1:-1]).stdout.splitlines()
    matches = [re.fullmatch(pattern["regexp"], line) for line in lines if line and " = " not in line]
    assert len(matches) >= 15
    assert all(matches)
    first = matches[0]
    assert first is not None
    assert (ROOT / first[pattern["file"]]).exists()
    assert first[pattern["severity"]] in ("error", "warning", "note")


def test_vims_errorformat_reads_concise() -> None:
    for line in check("--output-format", "concise").stdout.splitlines():
        assert re.fullmatch(r"[^:]+:\d+:\d+: .+", line)  # %f:%l:%c: %m


def test_the_action_runs_what_exists() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert set(action["inputs"]) == {"paths", "args", "version", "sarif-file"}
    scripts = [step["run"] for step in action["runs"]["steps"]]
    for script in scripts:
        assert "${{" not in script, "an input in a script is code that strangers write"
        subprocess.run(["bash", "-n", "-c", script], check=True)


def test_the_action_as_a_runner_would(tmp_path: Path) -> None:
    step = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][1]
    tool = tmp_path / "pgleak-lint" / "bin" / "pgleak-lint"
    tool.parent.mkdir(parents=True)
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m pgleak_lint "$@"\n')
    tool.chmod(0o755)
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "PATHS": "examples/leaky examples/clean",
        "ARGS": "--ignore PGL103",
        "SARIF_FILE": str(tmp_path / "x.sarif"),
    }
    done = subprocess.run(["bash", "-c", step["run"]], cwd=ROOT, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error title=PGL")
    assert "PGL103" not in done.stdout
    assert (tmp_path / "summary.md").read_text().startswith("## pgleak-lint")
    assert json.loads((tmp_path / "x.sarif").read_text())["version"] == "2.1.0"


def test_the_gitlab_template() -> None:
    template = yaml.safe_load((ROOT / "integrations" / "gitlab-ci.yml").read_text())
    job = template[".pgleak-lint"]
    (command,) = job["script"]
    for report in job["artifacts"]["reports"].values():
        assert f"={report}" in command


def test_the_workflow_runs_all_versions() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.10", "3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize("hook", ["pgleak-lint", "pgleak-lint-project"])
def test_the_hooks(hook: str) -> None:
    hooks = {entry["id"]: entry for entry in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert hooks[hook]["entry"] == "pgleak-lint check"
    assert hooks[hook]["require_serial"] is True
    assert hooks[hook].get("pass_filenames", True) is (hook == "pgleak-lint")


def test_pre_commit_itself(tmp_path: Path) -> None:
    tool = shutil.which("pre-commit", path=str(Path(sys.executable).parent))
    if tool is None or not (ROOT / ".git").exists():
        pytest.skip("needs pre-commit and a git checkout")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    shutil.copy(ROOT / "examples" / "leaky" / "orders.py", tmp_path / "orders.py")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-qm", "x"], cwd=tmp_path, check=True)
    done = subprocess.run(
        [tool, "try-repo", str(ROOT), "pgleak-lint", "--files", "orders.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    if "Could not find a version" in done.stdout or "Temporary failure" in done.stdout:
        pytest.skip("pre-commit can't install without an index")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "orders.py:" in done.stdout
    assert "PGL102" in done.stdout
