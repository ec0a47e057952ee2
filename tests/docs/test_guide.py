"""What the guide shows is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pgleak_lint import check_source

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
BLOCKS = {
    match["title"]: match["code"]
    for match in re.finditer(r'^```\w+ title="(?P<title>[^"]+)"\n(?P<code>.*?)^```$', GUIDE, re.MULTILINE | re.DOTALL)
}


def test_the_first_finding(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "users.py").write_text(BLOCKS["app/users.py"])
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "pgleak_lint", "check", "app"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
    assert done.stdout == BLOCKS["output"]
    assert done.returncode == 1


def test_the_mended_file_is_clean() -> None:
    assert check_source(BLOCKS["app/users.py, mended"]).findings == ()


def test_the_comment_silences() -> None:
    comment = re.search(r"# pgleak: ignore\[PGL101\].*", GUIDE)
    assert comment is not None
    text = f"import psycopg2.pool\npool = psycopg2.pool.SimpleConnectionPool(1, 2)\ndef f():\n    conn = pool.getconn()  {comment[0]}\n"
    report = check_source(text)
    assert (len(report.findings), len(report.suppressed)) == (0, 1)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|rules/)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_picture_is_of_this_version() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import picture
    finally:
        sys.path.pop(0)
    drawn = (ROOT / "docs" / "images" / "finding.svg").read_text(encoding="utf-8")
    words = re.findall(r"PGL\d+|\d returns with|releases on every path", picture.output())
    assert words
    assert all(word.replace(" ", "&#160;") in drawn for word in words)
