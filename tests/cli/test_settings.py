"""Settings as users meet them: what changes in a report, what ``config`` prints, and the line for each fault."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.running import LEAK, LEAK_LINE, Run, concise, lint

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = "[tool.pgleak-lint]\n"
PLUGIN = '''\
"""A rule of somebody else."""
from pgleak_lint.findings.finding import Finding, Severity
from pgleak_lint.rules.base import RuleMeta

META = RuleMeta("ACME7", "acme-acquire", "an acquire", (Severity.NOTE,), default={default})
EXAMPLES = ()


def check(facts):
    for site in facts.sites:
        yield Finding("ACME7", "acme-acquire", Severity.NOTE, site.evidence, "acquired", facts.path, site.span,
                      site.function, site.info, (), (), (), "", 772, site.expression)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text(LEAK)
    return tmp_path


def codes(run: Run) -> list[str]:
    return [line.split()[1] for line in run.lines]


@pytest.mark.parametrize(
    ("settings", "words", "code", "severity"),
    [
        ('severity = { PGL102 = "note" }', "", 0, "note"),
        ('severity = { leak-on-path = "warning", PGL1 = "note" }', "", 1, "warning"),
        ('severity = { PGL102 = "note" }', "--strict", 0, "note"),
        ('per-file-ignores = { "app/*" = ["PGL1"] }', "--select PGL102", 0, None),
        ('per-file-ignores = { "tests/*" = ["PGL1"] }', "", 1, "error"),
        ('[[overrides]]\npaths = ["app"]\nignore = ["PGL102"]', "", 0, None),
        ('[[overrides]]\npaths = ["app"]\nignore = ["PGL102"]', "--ignore PGL2", 1, "error"),
        ('[[overrides]]\npaths = ["app"]\nseverity = { PGL102 = "note" }', "", 0, "note"),
        ('select = ["PGL2"]', "--preset all", 0, None),
        ('select = ["PGL2"]', "--extend-select PGL102", 1, "error"),
        ('ignore = ["PGL"]', "--preset all", 0, None),
    ],
)
def test_what_settings_do(project: Path, settings: str, words: str, code: int, severity: str | None) -> None:
    (project / "pyproject.toml").write_text(
        f"[tool.pgleak-lint]\n{settings}\n".replace("[[over", "[[tool.pgleak-lint.over")
    )
    run = lint(project, "check", "--output-format", "json", *words.split())
    found = json.loads(run.out)["findings"]
    assert ([entry["severity"] for entry in found], run.code) == ([severity] if severity else [], code)


def test_the_severity_of_diagnostics(project: Path) -> None:
    (project / "bad.py").write_text("def f(:\n")
    (project / "pgleak-lint.toml").write_text('severity = { PGL901 = "note" }\nignore = ["PGL1"]\n')
    assert lint(project, "check").code == 0
    (project / "pgleak-lint.toml").write_text('ignore = ["PGL1"]\n')
    assert lint(project, "check", "--fail-on", "error").code == 0
    assert lint(project, "check", "--fail-on", "error", "--strict").code == 1


LINES = [
    ({"pyproject.toml": TABLE + "selct = []"}, "pyproject.toml: tool.pgleak-lint: no setting 'selct'; did you mean 'select'?"),
    ({"pyproject.toml": TABLE + 'preset = "x"'}, "pyproject.toml: tool.pgleak-lint.preset: 'x' is not one of recommended, strict, all"),
    ({"pyproject.toml": TABLE + 'required-version = ">=2"'}, "pyproject.toml: required-version '>=2' excludes this version, 0.1.0"),
    (
        {"pgleak-lint.toml": 'extend = "a.toml"', "a.toml": 'extend = "b.toml"', "b.toml": 'extend = "a.toml"'},
        "a.toml: extend: loop a.toml → b.toml → a.toml",
    ),
    (
        {"pgleak-lint.toml": "", "app/pgleak-lint.toml": 'evidence = "weak"'},
        "app/pgleak-lint.toml: evidence: counts in the project's root file only, pgleak-lint.toml",
    ),
    ({"app/pgleak-lint.toml": "x = ["}, "app/pgleak-lint.toml:1:6: not valid TOML: Invalid value"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "line"), LINES, ids=[line for _, line in LINES])
def test_faults(project: Path, files: dict[str, str], line: str) -> None:
    for name, text in files.items():
        (project / name).write_text(text)
    for words in (("check",), ("config", "--for", "app/a.py")):
        run = lint(project, *words)
        assert (run.err, run.out, run.code) == (f"error: {line}\n", "", 2)


@pytest.mark.parametrize(
    ("words", "environment", "line"),
    [
        ("check --preset loud", {}, "--preset: 'loud' is not one of recommended, strict, all"),
        ("check", {"STRICT": "maybe"}, "PGLEAK_LINT_STRICT: 'maybe' is not one of 1, true, yes, on, 0, false, no, off"),
        ("check", {"JOBS": "no"}, "PGLEAK_LINT_JOBS: 'no' is not a number above 0, or auto"),
        ("config slect", {}, "no setting 'slect'; did you mean 'select'?"),
        ("config extend", {}, "'extend' speaks of its own file and has no value in effect"),
        ("config --jobs 0", {}, "--jobs: '0' is not a number above 0, or auto"),
    ],
)
def test_wrong_requests(project: Path, words: str, environment: dict[str, str], line: str) -> None:
    run = lint(project, *words.split(), **{f"PGLEAK_LINT_{name}": text for name, text in environment.items()})
    assert (run.err, run.code) == (f"error: {line}\n", 2)


def test_settings_are_those_of_each_file(project: Path) -> None:
    (project / "lib").mkdir()
    (project / "lib" / "b.py").write_text(LEAK)
    (project / "app" / "pgleak-lint.toml").write_text('ignore = ["PGL102"]\n')
    assert concise(project).lines == [f"lib/b.py:{LEAK_LINE}"]
    assert concise(project, "app/a.py").lines == []


def test_environment(project: Path) -> None:
    (project / "pgleak-lint.toml").write_text('output-format = "json"\nseverity = { PGL102 = "warning" }\n')
    assert lint(project, "check", PGLEAK_LINT_OUTPUT_FORMAT="concise").lines == [f"app/a.py:{LEAK_LINE}"]
    both = lint(project, "check", "--output-format", "text", PGLEAK_LINT_OUTPUT_FORMAT="concise")
    assert both.lines[0].startswith("app/a.py:5:18: warning: PGL102")


def test_config_prints_toml_with_origins(project: Path) -> None:
    (project / "base.toml").write_text('extend-select = ["PGL2"]\nper-file-ignores = { "a \\"b\\"" = ["PGL1"] }\n')
    (project / "pyproject.toml").write_text(
        TABLE
        + 'extend = "base.toml"\nfail-on = "error"\n[[tool.pgleak-lint.overrides]]\npaths = ["app"]\nignore = ["PGL101"]\n'
    )
    run = lint(project, "config", "--jobs", "2", PGLEAK_LINT_STRICT="1")
    told = tomllib.loads(run.out)
    assert told["per-file-ignores"] == {'a "b"': ["PGL1"]}
    assert told["overrides"] == [{"paths": ["app"], "ignore": ["PGL101"]}]
    assert (told["ignore"], told["severity"], told["strict"], told["jobs"]) == ([], {}, True, "2")
    assert "PGL102" in told["select"]
    assert {
        'preset = "strict"  # environment PGLEAK_LINT_STRICT',
        "strict = true  # environment PGLEAK_LINT_STRICT",
        'fail-on = "error"  # pyproject.toml',
        'extend-select = ["PGL2"]  # base.toml',
        'jobs = "2"  # option --jobs',
        'evidence = "likely"  # default',
    } <= set(run.lines)
    assert any(line.startswith("select = ") and line.endswith("  # preset strict") for line in run.lines)
    here = lint(project, "config", "ignore", "--for", "app/a.py")
    assert here.out == 'ignore = ["PGL101"]  # override 1 for app\n'
    assert lint(project, "config", "ignore", "--isolated").out == "ignore = []  # default\n"


def test_config_schema(project: Path) -> None:
    (project / "pgleak-lint.toml").write_text("broken")
    schema = json.loads(lint(project, "config", "--schema").out)
    assert schema["properties"]["fail-on"] == {
        "description": "the least severity that fails a run", "enum": ["error", "warning", "note"], "default": "warning",
    }  # fmt: skip


def install_plugin(folder: Path, text: str) -> str:
    """An installed distribution with one rule; gives the path that Python must search."""
    site = folder / "site"
    (site / "acme-1.0.dist-info").mkdir(parents=True)
    (site / "acme-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (site / "acme-1.0.dist-info" / "entry_points.txt").write_text("[pgleak_lint.rules]\nacme = acme_rules\n")
    (site / "acme_rules.py").write_text(text)
    from tests.cli.running import SOURCE

    return f"{SOURCE}:{site}"


@pytest.mark.parametrize(
    ("default", "words", "found"),
    [
        (True, "", ["ACME7", "PGL102"]),
        (True, "--select ACME", ["ACME7"]),
        (True, "--ignore acme-acquire", ["PGL102"]),
        (False, "", ["PGL102"]),
        (False, "--preset all", ["ACME7", "PGL102"]),
        (False, "--extend-select acme7", ["ACME7", "PGL102"]),
        (False, "--select PGL", ["PGL102"]),
    ],
)
def test_rules_of_plugins_are_selected_like_ours(
    project: Path, tmp_path_factory: pytest.TempPathFactory, default: bool, words: str, found: list[str]
) -> None:
    path = install_plugin(tmp_path_factory.mktemp("plugin"), PLUGIN.replace("{default}", str(default)))
    run = lint(project, "check", "--output-format", "concise", *words.split(), PYTHONPATH=path)
    assert (codes(run), run.err) == (found, "")


def test_a_plugin_that_fails(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = install_plugin(tmp_path_factory.mktemp("plugin"), "import nonesuch_at_all\n")
    for words in ("check", "check --select PGL1", "config select"):
        run = lint(project, *words.split(), PYTHONPATH=path)
        assert (run.err, run.code) == ("error: plugin 'acme': cannot import acme_rules (ModuleNotFoundError)\n", 2)
