"""What users say about acquires of their own: wrappers in the settings, model files, model packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import SOURCE, lint

WRAPPER = """\
[tool.pgleak-lint]
[[tool.pgleak-lint.wrappers]]
acquire = ["compiled_db.get_conn"]
release = ["compiled_db.put_conn(arg 0)"]
driver = "psycopg2.pool"
"""
USES = """\
import compiled_db


def leaks():
    conn = compiled_db.get_conn()
    conn.cursor().execute("x")


def gives_back():
    conn = compiled_db.get_conn()
    try:
        conn.cursor().execute("x")
    finally:
        compiled_db.put_conn(conn)


def only_closes():
    conn = compiled_db.get_conn()
    try:
        conn.cursor().execute("x")
    finally:
        conn.close()
"""
MODEL = """\
schema = 1

[driver]
name = "acmedb"
packages = ["acmedb"]
distributions = ["acmedb"]
verified = "1.0"

[[type]]
name = "acmedb.Link"
kind = "connection"
source = "https://acme.example/docs"

[[resource]]
id = "direct"
kind = "connection"
type = "acmedb.Link"
on_with = "unsupported"
on_gc = "lost"
repeat = "harmless"
after_release = "raises"
uses = ["ask"]
help = "hang up in a `finally`"
source = "https://acme.example/docs"
probe = "source-read"

[[resource.release]]
method = "hang_up"
awaited = false

[[acquire]]
call = "acmedb.dial"
gives = "direct"
form = "plain"
source = "https://acme.example/docs"
"""
DIALS = """\
import acmedb


def leaks():
    link = acmedb.dial()
    return link.ask("x")


def hangs_up():
    link = acmedb.dial()
    try:
        return link.ask("x")
    finally:
        link.hang_up()
"""


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(USES)
    (tmp_path / "dials.py").write_text(DIALS)
    return tmp_path


def found(folder: Path, path: str, **environment: str) -> list[str]:
    run = lint(folder, "check", "--output-format", "concise", path, **environment)
    assert run.err == ""
    return [" ".join(line.split()[:2]) for line in run.out.splitlines() if "PGL" in line]


def test_wrappers(here: Path) -> None:
    assert found(here, "app.py") == []
    (here / "pyproject.toml").write_text(WRAPPER)
    assert found(here, "app.py") == ["app.py:5:12: PGL101", "app.py:18:12: PGL109"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("psycopg2.pool", "psycopg2.pol", "did you mean 'psycopg2.pool'?"),
        ("acquire =", "aquire =", "did you mean 'acquire'?"),
        ("put_conn(arg 0)", "put_conn(0)", "compiled_db.put_conn(0)"),
    ],
)
def test_wrong_wrappers(here: Path, old: str, new: str, said: str) -> None:
    (here / "pyproject.toml").write_text(WRAPPER.replace(old, new))
    run = lint(here, "check", "app.py")
    assert run.code == 2
    assert said in run.err
    assert "pyproject.toml" in run.err
    assert len(run.err.splitlines()) == 1


def test_a_model_file(here: Path) -> None:
    assert found(here, "dials.py") == []
    (here / "acme.toml").write_text(MODEL)
    (here / "pyproject.toml").write_text('[tool.pgleak-lint]\nmodels = ["acme.toml"]\n')
    assert found(here, "dials.py") == ["dials.py:5:12: PGL101"]
    (here / "acme.toml").write_text(MODEL.replace('on_gc = "lost"', 'on_gc = "lots"'))
    run = lint(here, "check", "dials.py")
    assert (run.code, run.out) == (2, "")
    assert "acme.toml" in run.err
    assert "did you mean 'lost'?" in run.err


def test_a_package_of_models(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    site = tmp_path_factory.mktemp("site")
    (site / "acme_models").mkdir()
    (site / "acme_models" / "__init__.py").write_text("raise RuntimeError('models are found, not run')\n")
    (site / "acme_models" / "acme.toml").write_text(MODEL)
    (site / "acme-1.0.dist-info").mkdir()
    (site / "acme-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (site / "acme-1.0.dist-info" / "entry_points.txt").write_text("[pgleak_lint.models]\nacme = acme_models\n")
    assert found(here, "dials.py", PYTHONPATH=f"{SOURCE}:{site}") == ["dials.py:5:12: PGL101"]
    (site / "acme_models" / "acme.toml").unlink()
    run = lint(here, "check", "dials.py", PYTHONPATH=f"{SOURCE}:{site}")
    assert run.code == 2
    assert run.err == "error: plugin 'acme': acme_models is no package with model files (*.toml)\n"


def test_the_settings_show_wrappers(here: Path) -> None:
    (here / "pyproject.toml").write_text(WRAPPER)
    wanted = '{"acquire" = ["compiled_db.get_conn"], "release" = ["compiled_db.put_conn(arg 0)"], "driver" = "psycopg2.pool"}'
    assert lint(here, "config", "wrappers").out == f"wrappers = [{wanted}]  # pyproject.toml\n"
