"""The layout says what may know what; this keeps it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "pgleak_lint"
ORDER = (
    "source",
    "cfg",
    "project",
    "models",
    "findings",
    "analysis",
    "rules",
    "report",
    "config",
    "pipeline",
    "server",
    "cli",
)
FILES = sorted(SOURCE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def stage(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    if stage(path) not in ORDER:
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "pgleak_lint" and len(parts) > 1 and parts[1] in ORDER:
            assert ORDER.index(parts[1]) <= ORDER.index(stage(path)), f"{path.name} imports {name}"


def test_libcst_is_touched_in_reading_and_lowering_only() -> None:
    allowed = {"source", "cfg/lower", "cfg"}
    users = {
        path.relative_to(SOURCE).parent.as_posix()
        for path in FILES
        if any(n.split(".")[0] == "libcst" for n in imports(path))
    }
    assert users <= allowed | {"pipeline", "cli"}, users


def test_driver_names_stand_in_the_models_only() -> None:
    """And in what people read: the docstrings and examples of rules and of the package."""
    from pgleak_lint.models.loader import load_catalog

    names = {package for driver in load_catalog().drivers if driver.acquires for package in driver.packages}
    assert "asyncpg" in names
    for path in FILES:
        if stage(path) in ("models", "rules") or path.name == "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            texts = [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
            texts += [node.id] if isinstance(node, ast.Name) else []
            for text in texts:
                assert text not in names, f"{path.name}: {text}"
                assert not any(text.startswith(f"{name}.") for name in names), f"{path.name}: {text}"


def test_files_stay_readable() -> None:
    for path in FILES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 600, path
