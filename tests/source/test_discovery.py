"""From paths to files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgleak_lint.source.discovery import DEFAULT_EXCLUDES, find_files


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def found(*paths: str, excludes: tuple[str, ...] = DEFAULT_EXCLUDES) -> list[str]:
    return list(find_files(paths or (".",), excludes).files)


def test_python_files_in_order(tree: Path) -> None:
    make("b.py", "a/z.pyw", "a/b/c.py", "a.txt", ".#b.py", "nb.ipynb", "stub.pyi")
    assert found() == ["a/b/c.py", "a/z.pyw", "b.py"]


@pytest.mark.parametrize("folder", [".git", ".venv", "venv", ".tox", ".nox", "__pycache__", "node_modules", "build",
                                    "dist", "site-packages", ".eggs", ".hg"])  # fmt: skip
def test_default_excludes(tree: Path, folder: str) -> None:
    make(f"src/{folder}/a.py", "src/a.py")
    assert found() == ["src/a.py"]
    assert len(found(excludes=())) == 2


def test_each_file_once(tree: Path) -> None:
    make("a/x.py")
    assert found("a", "a/x.py", "./a", str(tree / "a"), "a/../a/x.py") in (["a/x.py"], [str(tree / "a/x.py")])


def test_a_real_file_stands_for_its_links(tree: Path) -> None:
    make("z/x.py")
    Path("a.py").symlink_to("z/x.py")
    Path("b").symlink_to("z")
    assert found() == ["z/x.py"]


def test_rings_of_links_end(tree: Path) -> None:
    for name in "abcdefgh":
        make(f"{name}/{name}.py")
        for other in "abcdefgh":
            Path(name, f"to_{other}").symlink_to(f"../{other}")
    Path("up").symlink_to(".")
    assert found() == [f"{name}/{name}.py" for name in "abcdefgh"]


def test_a_link_out_of_the_tree_is_followed(tree: Path) -> None:
    make("outside/x.py", "inside/a.py")
    Path("inside/link").symlink_to("../outside")
    assert found("inside") == ["inside/a.py", "inside/link/x.py"]


def test_folders_above_the_working_directory_exclude_nothing(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("build/project/a.py")
    monkeypatch.chdir("build/project")
    assert found("a.py") == ["a.py"]
    assert len(found(str(tree / "build/project/a.py"))) == 1
    monkeypatch.chdir(tree)
    assert find_files(["build/project/a.py"], DEFAULT_EXCLUDES).excluded == 1


def test_named_scripts(tree: Path) -> None:
    Path("tool").write_text("#!/usr/bin/env python3\n")
    Path("sh").write_text("#!/bin/sh\n")
    result = find_files(["tool", "sh", "nope"], ())
    assert result.files == ("tool",)
    assert result.errors == ("sh: not a Python file", "no such file or directory: nope")


def test_a_folder_that_cannot_be_listed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("shut/a.py", "open/b.py")
    listed = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = find_files(["."], ())
    assert result.files == ("open/b.py",)
    assert result.unreadable == ("shut",)
    assert find_files(["shut"], ()).named == {"shut"}


def test_names_that_no_system_has(tree: Path) -> None:
    assert find_files(["a\0b"], ()).errors == ("no such file or directory: a\0b",)
