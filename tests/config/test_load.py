"""Which settings count for which file, and the exact line for everything that is wrong with a settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgleak_lint._version import __version__
from pgleak_lint.config.load import SettingsFinder
from pgleak_lint.config.options import SettingsError
from pgleak_lint.config.settings import Settings

TABLE = "[tool.pgleak-lint]\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which the test stands."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "app" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings_of(path: Path, **overrides: object) -> Settings:
    return SettingsFinder(overrides).for_file(path)


def fault_lines(folder: Path) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        settings_of(folder / "x.py")
    return caught.value.lines


def test_without_a_file_the_defaults_count(tree: Path) -> None:
    assert settings_of(tree / "app" / "x.py") == Settings()


@pytest.mark.parametrize(
    ("name", "table"), [("pyproject.toml", TABLE), ("pgleak-lint.toml", ""), (".pgleak-lint.toml", "")]
)
def test_a_file_is_found_upwards(tree: Path, name: str, table: str) -> None:
    (tree / name).write_text(f'{table}ignore = ["PGL104"]\n')
    found = settings_of(tree / "app" / "deep" / "x.py")
    assert found.ignore == ("PGL104",)
    assert found.root == str(tree)


def test_the_nearest_file_wins(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text('fail-on = "error"\nignore = ["PGL1"]\n')
    (tree / "app" / "pgleak-lint.toml").write_text('fail-on = "note"\n')
    found = settings_of(tree / "app" / "deep" / "x.py")
    assert (found.fail_on, found.ignore) == ("note", ())
    assert settings_of(tree / "x.py").fail_on == "error"


def test_a_pyproject_without_the_table_is_passed_over(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text('fail-on = "error"\n')
    (tree / "app" / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert settings_of(tree / "app" / "x.py").fail_on == "error"


def test_the_search_ends_at_the_repository_root(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text('fail-on = "error"\n')
    (tree / "app" / ".git").mkdir()
    assert settings_of(tree / "app" / "x.py").fail_on == "warning"


def test_an_option_beats_the_file(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text('fail-on = "error"\nevidence = "weak"\n')
    found = settings_of(tree / "x.py", fail_on="note")
    assert (found.fail_on, found.evidence) == ("note", "weak")


def test_isolated_reads_nothing(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text("no toml at all")
    assert SettingsFinder({"strict": True}, isolated=True).for_file(tree / "x.py").strict


def test_a_named_file_stands_for_all(tree: Path) -> None:
    (tree / "app" / "pgleak-lint.toml").write_text('fail-on = "error"\n')
    (tree / "lint.toml").write_text('fail-on = "note"\n')
    assert SettingsFinder({}, config="lint.toml").for_file(tree / "app" / "x.py").fail_on == "note"


def test_a_named_file_must_exist(tree: Path) -> None:
    with pytest.raises(SettingsError, match=r"^--config: no such file: lint\.toml$"):
        SettingsFinder({}, config="lint.toml")


def test_every_key_arrives(tree: Path) -> None:
    (tree / "pyproject.toml").write_text(
        TABLE
        + """
preset = "all"
select = ["PGL1"]
extend-select = ["double-release"]
ignore = ["pgl104"]
exclude = ["old"]
extend-exclude = ["gen/*"]
evidence = "proven"
safe-calls = ["app.log.*"]
strict = true
fail-on = "note"
output-format = "json"
jobs = 3
per-file-ignores = { "tests/*" = ["PGL101"] }
severity = { PGL103 = "note", leak-on-path = "warning" }
required-version = ">=0.1"
root = true
suppressions.require-reason = true
baseline = "ci/baseline.json"
"""
    )
    assert settings_of(tree / "x.py") == Settings(
        preset="all",
        select=("PGL1",),
        extend_select=("double-release",),
        ignore=("pgl104",),
        exclude=("old",),
        extend_exclude=("gen/*",),
        per_file_ignores=(("tests/*", ("PGL101",)),),
        severity=(("PGL103", "note"), ("leak-on-path", "warning")),
        evidence="proven",
        safe_calls=("app.log.*",),
        strict=True,
        fail_on="note",
        output_format="json",
        jobs="3",
        require_reason=True,
        baseline="ci/baseline.json",
        root=str(tree),
    )


WHERE = "pyproject.toml: tool.pgleak-lint"
FAULTS = [
    ("selct = []", f"{WHERE}: no setting 'selct'; did you mean 'select'?"),
    ("nonesuch-at-all = 1", f"{WHERE}: no setting 'nonesuch-at-all'"),
    ('select = "PGL101"', f"{WHERE}.select: expected a list of strings, got a string"),
    ("select = [1]", f"{WHERE}.select: expected a list of strings, got a list with a number"),
    ("exclude = 2020-01-01", f"{WHERE}.exclude: expected a list of strings, got a date or time"),
    ('strict = "yes"', f"{WHERE}.strict: expected a boolean, got a string"),
    ("fail-on = true", f"{WHERE}.fail-on: expected a string, got a boolean"),
    ('fail-on = "never"', f"{WHERE}.fail-on: 'never' is not one of error, warning, note"),
    (
        'output-format = "xml"',
        f"{WHERE}.output-format: 'xml' is not one of text, concise, json, jsonlines, sarif, github, gitlab, junit, checkstyle, rdjson, markdown, html",
    ),
    ('evidence = "sure"', f"{WHERE}.evidence: 'sure' is not one of proven, likely, weak"),
    ('ignore = ["PGL99"]', f"{WHERE}.ignore: no rule 'PGL99'; did you mean 'PGL901'?"),
    ('ignore = ["leak-on-pth"]', f"{WHERE}.ignore: no rule 'leak-on-pth'; did you mean 'leak-on-path'?"),
    ('preset = "loud"', f"{WHERE}.preset: 'loud' is not one of recommended, strict, all"),
    ("jobs = 0", f"{WHERE}.jobs: '0' is not a number above 0, or auto"),
    ("jobs = true", f'{WHERE}.jobs: expected a number or "auto", got a boolean'),
    ("severity = []", f"{WHERE}.severity: expected a table, got a list"),
    ('severity = { PGL103 = "bad" }', f"{WHERE}.severity.PGL103: 'bad' is not one of error, warning, note"),
    ('severity = { PGL99 = "note" }', f"{WHERE}.severity.PGL99: no rule 'PGL99'; did you mean 'PGL901'?"),
    ("overrides = {}", f"{WHERE}.overrides: expected a list of tables, got a table"),
    ("overrides = [3]", f"{WHERE}.overrides[1]: expected a table, got a number"),
    ('overrides = [{ ignore = ["PGL1"] }]', f"{WHERE}.overrides[1]: paths is missing"),
    (
        'overrides = [{ paths = ["a"] }, { paths = "b" }]',
        f"{WHERE}.overrides[2].paths: expected a list of strings, got a string",
    ),
    (
        'overrides = [{ paths = ["a"], ignor = ["PGL1"] }]',
        f"{WHERE}.overrides[1]: no setting 'ignor'; did you mean 'ignore'?",
    ),
    ('overrides = [{ paths = ["a"], evidence = "weak" }]', f"{WHERE}.overrides[1]: no setting 'evidence'"),
    ('extend = "base.toml"', f"{WHERE}.extend: no such file: base.toml"),
    ("extend = 1", f"{WHERE}.extend: expected a string, got a number"),
    ('extend = ""', f"{WHERE}.extend: not a path: ''"),
    ('required-version = "new"', f"{WHERE}.required-version: 'new' is not a version specifier (PEP 440)"),
    ('required-version = ">=99"', f"pyproject.toml: required-version '>=99' excludes this version, {__version__}"),
    ('root = "yes"', f"{WHERE}.root: expected a boolean, got a string"),
    ("per-file-ignores = []", f"{WHERE}.per-file-ignores: expected a table, got a list"),
    ('per-file-ignores = { "t/*" = "x" }', f"{WHERE}.per-file-ignores.t/*: expected a list of strings, got a string"),
]


@pytest.mark.parametrize(("text", "line"), FAULTS, ids=[text for text, _ in FAULTS])
def test_each_fault_has_its_line(tree: Path, text: str, line: str) -> None:
    (tree / "pyproject.toml").write_text(f"{TABLE}{text}\n")
    assert fault_lines(tree) == (line,)


def test_every_fault_is_told_at_once(tree: Path) -> None:
    (tree / "pyproject.toml").write_text(TABLE + "selct = []\nstrict = 1\nignor = []\n")
    assert len(fault_lines(tree)) == 3


def test_a_file_of_our_own_has_no_table_prefix(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text("selct = []\nstrict = 1\n")
    assert fault_lines(tree) == (
        "pgleak-lint.toml: no setting 'selct'; did you mean 'select'?",
        "pgleak-lint.toml: strict: expected a boolean, got a number",
    )


@pytest.mark.parametrize(("text", "place"), [("a = 1\nb 2\n", "2:3"), ("[tool.pgleak-lint", "1:18")])
def test_toml_syntax(tree: Path, text: str, place: str) -> None:
    (tree / "pyproject.toml").write_text(text)
    (line,) = fault_lines(tree)
    assert line.startswith(f"pyproject.toml:{place}: not valid TOML: ")
    assert "(at" not in line


def test_a_table_that_is_none(tree: Path) -> None:
    (tree / "pyproject.toml").write_text("[tool]\npgleak-lint = 3\n")
    assert fault_lines(tree) == (f"{WHERE}: expected a table, got a number",)


def test_not_utf8(tree: Path) -> None:
    (tree / "pyproject.toml").write_bytes(b'a = "\xe9"\n')
    assert fault_lines(tree) == ("pyproject.toml: not valid TOML: not UTF-8",)


def test_a_byte_order_mark_does_no_harm(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_bytes(b'\xef\xbb\xbffail-on = "note"\n')
    assert settings_of(tree / "x.py").fail_on == "note"


def test_a_file_for_another_version_is_told_so_and_no_more(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text('key-of-the-future = 1\nrequired-version = "<0.1"\n')
    assert fault_lines(tree) == (f"pgleak-lint.toml: required-version '<0.1' excludes this version, {__version__}",)


LOOPS = [
    ({"pgleak-lint.toml": "pgleak-lint.toml"}, "pgleak-lint.toml: extend: loop pgleak-lint.toml → pgleak-lint.toml"),
    (
        {"pgleak-lint.toml": "b.toml", "b.toml": "./app/../pgleak-lint.toml"},
        "pgleak-lint.toml: extend: loop pgleak-lint.toml → b.toml → pgleak-lint.toml",
    ),
    (
        {"pgleak-lint.toml": "a.toml", "a.toml": "app/b.toml", "app/b.toml": "../a.toml"},
        "a.toml: extend: loop a.toml → app/b.toml → a.toml",
    ),
]


@pytest.mark.parametrize(("files", "line"), LOOPS, ids=[str(len(files)) for files, _ in LOOPS])
def test_a_loop_of_files_that_extend_each_other(tree: Path, files: dict[str, str], line: str) -> None:
    for name, base in files.items():
        (tree / name).write_text(f'extend = "{base}"\n')
    assert fault_lines(tree) == (line,)


def test_a_pyproject_can_be_in_a_loop(tree: Path) -> None:
    (tree / "pyproject.toml").write_text(TABLE + 'extend = "b.toml"\n')
    (tree / "b.toml").write_text('extend = "pyproject.toml"\n')
    assert fault_lines(tree) == (f"{WHERE}.extend: loop pyproject.toml → b.toml → pyproject.toml",)


def test_only_a_file_with_our_table_can_be_extended(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text('extend = "pyproject.toml"\n')
    (tree / "pyproject.toml").write_text("[project]\n")
    assert fault_lines(tree) == ("pgleak-lint.toml: extend: pyproject.toml has no [tool.pgleak-lint]",)


def test_what_concerns_the_whole_project_counts_in_its_root_file_only(tree: Path) -> None:
    (tree / "pgleak-lint.toml").write_text('evidence = "proven"\nfail-on = "error"\n')
    nested = tree / "app" / "pgleak-lint.toml"
    nested.write_text('fail-on = "note"\n')
    found = settings_of(tree / "app" / "x.py")
    assert (found.evidence, found.fail_on) == ("proven", "note")
    nested.write_text('evidence = "weak"\nsafe-calls = []\n')
    assert fault_lines(tree / "app") == (
        "app/pgleak-lint.toml: evidence: counts in the project's root file only, pgleak-lint.toml",
        "app/pgleak-lint.toml: safe-calls: counts in the project's root file only, pgleak-lint.toml",
    )
    nested.write_text('evidence = "weak"\nroot = true\n')
    found = settings_of(tree / "app" / "deep" / "x.py")
    assert (found.evidence, found.fail_on) == ("weak", "warning")
