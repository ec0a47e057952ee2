"""Which of several values of a setting wins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pgleak_lint.config.layers import Layer, environment_layers, option_layers, resolve
from pgleak_lint.config.load import SettingsFinder
from pgleak_lint.config.options import SettingsError

ORDER = ("base", "nearest", "override", "environment", "option")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "app" / "tests").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("top", range(len(ORDER)))
def test_precedence(tree: Path, top: int) -> None:
    """``strict`` alternates from layer to layer, so each that is added turns the result."""
    value = [number % 2 == 0 for number in range(len(ORDER))]
    there = {name: value[number] for number, name in enumerate(ORDER) if number <= top}
    word = {name: str(on).lower() for name, on in there.items()}
    (tree / "base.toml").write_text(f"strict = {word['base']}\n")
    text = 'extend = "base.toml"\n'
    if "nearest" in there:
        text += f"strict = {word['nearest']}\n"
    if "override" in there:
        text += f'[[overrides]]\npaths = ["*.py"]\nstrict = {word["override"]}\n'
    (tree / "pgleak-lint.toml").write_text(text)
    environ = {"PGLEAK_LINT_STRICT": word["environment"]} if "environment" in there else {}
    options = {"strict": there["option"]} if "option" in there else {}
    found = SettingsFinder(options, environ=environ).explain(tree / "x.py")
    assert found.settings.strict is value[top]
    origins = (
        "base.toml", "pgleak-lint.toml", "override 1 for *.py", "environment PGLEAK_LINT_STRICT", "option --strict",
    )  # fmt: skip
    assert found.origins["strict"] == origins[top]


JOINS: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
    ([{"ignore": ("PGL1",)}, {"ignore": ("PGL2",)}], {"ignore": ("PGL2",)}),
    ([{"extend_select": ("PGL1",)}, {"extend_select": ("PGL2", "PGL1")}], {"extend_select": ("PGL1", "PGL2")}),
    ([{"extend_select": ("PGL1",)}, {"select": ("PGL2",)}], {"select": ("PGL2",), "extend_select": ()}),
    ([{"extend_select": ("A",), "select": ("B",)}], {"select": ("B",), "extend_select": ("A",)}),
    ([{"extend_exclude": ("a",)}, {"extend_exclude": ("b",)}], {"extend_exclude": ("a", "b")}),
    (
        [{"severity": (("PGL101", "note"), ("PGL102", "note"))}, {"severity": (("PGL101", "error"),)}],
        {"severity": (("PGL101", "error"), ("PGL102", "note"))},
    ),
    (
        [{"per_file_ignores": (("a", ("PGL1",)),)}, {"per_file_ignores": (("b", ("PGL2",)),)}],
        {"per_file_ignores": (("a", ("PGL1",)), ("b", ("PGL2",)))},
    ),
    ([{"preset": "strict"}], {"preset": "strict", "strict": True}),
    ([{"preset": "strict"}, {"strict": False}], {"preset": "strict", "strict": False}),
    ([{"strict": True}], {"preset": "strict", "strict": True}),
    ([{"preset": "all"}, {"strict": True}], {"preset": "all", "strict": True}),
    ([{"preset": "strict"}, {"preset": "recommended"}], {"preset": "recommended", "strict": False}),
]


@pytest.mark.parametrize(("layers", "expected"), JOINS, ids=[str(layers) for layers, _ in JOINS])
def test_joining(layers: list[Mapping[str, Any]], expected: Mapping[str, Any]) -> None:
    settings = resolve([Layer(str(number), values) for number, values in enumerate(layers)], None).settings
    assert {field: getattr(settings, field) for field in expected} == expected


def test_origins_name_all_who_gave() -> None:
    layers = [Layer("base.toml", {"extend_select": ("PGL1",)}), *option_layers({"extend_select": ("PGL2",)})]
    found = resolve(layers, None)
    assert found.origins == {"extend_select": "base.toml, option --extend-select", "preset": "default"}


OVERRIDES = """
ignore = ["PGL2"]
[[overrides]]
paths = ["app/*"]
ignore = ["PGL101"]
severity = { PGL1 = "note" }
[[overrides]]
paths = ["tests"]
ignore = ["PGL102"]
severity = { PGL103 = "error" }
"""


@pytest.mark.parametrize(
    ("path", "ignore", "severity"),
    [
        ("x.py", ("PGL2",), ()),
        ("app/x.py", ("PGL101",), (("PGL1", "note"),)),
        ("tests/x.py", ("PGL102",), (("PGL103", "error"),)),
        ("app/tests/x.py", ("PGL102",), (("PGL1", "note"), ("PGL103", "error"))),
    ],
)
def test_the_last_override_that_matches_wins(tree: Path, path: str, ignore: object, severity: object) -> None:
    (tree / "pgleak-lint.toml").write_text(OVERRIDES)
    found = SettingsFinder({}).for_file(Path(path))
    assert (found.ignore, found.severity) == (ignore, severity)


def test_globs_of_an_extended_file_are_relative_to_it(tree: Path) -> None:
    base = 'per-file-ignores = { "app/tests/*" = ["PGL1"], "gen_*.py" = ["PGL2"] }\n'
    (tree / "base.toml").write_text(base + '[[overrides]]\npaths = ["app/tests/*"]\nignore = ["PGL9"]\n')
    (tree / "app" / "pgleak-lint.toml").write_text('extend = "../base.toml"\n')
    from pgleak_lint.pipeline.tasks import settings_here

    def found(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        path = tree / "app" / name
        here = settings_here(path, SettingsFinder({}).for_file(path))
        return here.ignored_here, here.ignore

    assert found("tests/x.py") == (("PGL1",), ("PGL9",))
    assert found("tests/gen_x.py") == (("PGL1", "PGL2"), ("PGL9",))
    assert found("x.py") == ((), ())
    assert found("app/tests/x.py") == ((), ())


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("STRICT", "1", "strict", True),
        ("STRICT", "Off", "strict", False),
        ("OUTPUT_FORMAT", "json", "output_format", "json"),
        ("JOBS", "2", "jobs", "2"),
    ],
)
def test_environment(name: str, text: str, field: str, value: object) -> None:
    (layer,) = environment_layers({f"PGLEAK_LINT_{name}": text, "PGLEAK_LINT_OTHER": "x", "STRICT": "1"})
    assert layer == Layer(f"environment PGLEAK_LINT_{name}", {field: value})


def test_an_empty_variable_says_nothing() -> None:
    assert environment_layers({"PGLEAK_LINT_STRICT": "", "PGLEAK_LINT_JOBS": ""}) == []


def test_wrong_variables() -> None:
    with pytest.raises(SettingsError) as caught:
        environment_layers(
            {"PGLEAK_LINT_STRICT": "maybe", "PGLEAK_LINT_JOBS": "-1", "PGLEAK_LINT_OUTPUT_FORMAT": "xml"}
        )
    assert [line.split(" is not")[0] for line in caught.value.lines] == [
        "PGLEAK_LINT_STRICT: 'maybe'",
        "PGLEAK_LINT_OUTPUT_FORMAT: 'xml'",
        "PGLEAK_LINT_JOBS: '-1'",
    ]
