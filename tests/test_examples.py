"""The bundled service: the leaky one has every fault, the clean one none."""

from __future__ import annotations

import re
from pathlib import Path

from pgleak_lint import check_paths
from pgleak_lint.rules import ALL

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_the_leaky_service_has_every_fault() -> None:
    report = check_paths([EXAMPLES / "leaky"])
    assert {finding.code for finding in report.findings} == {rule.META.code for rule in ALL}
    told = sum(len(re.findall(r"# PGL\d+", path.read_text())) for path in (EXAMPLES / "leaky").glob("*.py"))
    assert len(report.findings) == told + 1, "gather loses two"


def test_the_clean_service_has_none() -> None:
    report = check_paths([EXAMPLES / "clean"])
    assert report.findings == ()
    assert report.acquire_sites > 10
