"""The HTML report in a real browser: it shows what it should, runs nothing and asks the network for nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pgleak_lint.report import renderer
from tests.report.made import USERS, view
from tests.report.test_text import LEAK

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
HOSTILE = "</code><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium here: the HTML report is not looked at in a browser"
)


def browse(page: Path, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Open a page without a window and without a network."""
    assert BROWSER is not None
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0", *options, page.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


@pytest.fixture(name="page")
def _page(tmp_path: Path) -> Path:
    hostile = replace(LEAK, message=f"connection from `{HOSTILE}` leaks", path=f"app/{HOSTILE}.py", function=HOSTILE)
    files = {"app/users.py": USERS, hostile.path: USERS.replace("select name", HOSTILE.replace('"', "'"))}
    page = tmp_path / "report.html"
    page.write_text(renderer("html")(view([LEAK, hostile], files=files)), "utf-8")
    return page


def test_the_page_in_a_browser(page: Path, tmp_path: Path) -> None:
    done = browse(page, "--dump-dom", folder=tmp_path / "profile")
    dom = done.stdout
    assert "<title>pgleak-lint report</title>" in dom  # nothing that came with the findings was run
    assert dom.count("<article") == 2
    assert len(re.findall(r"<b>\d</b>", dom)) >= len(LEAK.trace)
    assert not re.search(r"<(script|img|iframe)", dom)
    assert "Refused to" not in done.stderr  # the page breaks none of its own rules
    assert "ERR_NAME_NOT_RESOLVED" not in done.stderr


def test_it_can_be_seen(page: Path, tmp_path: Path) -> None:
    picture = tmp_path / "seen.png"
    browse(page, f"--screenshot={picture}", "--window-size=1000,1200", folder=tmp_path / "profile")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000  # an empty page has 5,000
