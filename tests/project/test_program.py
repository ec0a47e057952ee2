"""Findings across modules. Each ``##`` heading of ``cases/*.md`` is a case, its blocks are files: the word behind
``python`` is the path. ``# finding: CODE`` marks the lines with findings. Every case is checked as a whole, file by file,
and in the opposite order: the findings must be the same. Names with ``missed_`` or ``false_alarm_`` are known limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgleak_lint import Settings, check_paths
from pgleak_lint.pipeline import project

CASES = Path(__file__).with_name("cases")
_BLOCK = re.compile(r"^```python (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"# finding: ([A-Z0-9, ]+)")


def _parameters() -> Iterator[object]:
    for path in sorted(CASES.glob("*.md")):
        for section in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            title = section.partition("\n")[0].strip()
            limit = re.match(r"(missed|false_alarm)_", title)
            marks = [pytest.mark.xfail(strict=True, reason="known limit")] if limit else []
            yield pytest.param(dict(_BLOCK.findall(section)), id=f"{path.stem}: {title}", marks=marks)


def marked(files: dict[str, str]) -> list[tuple[str, int, str]]:
    found = []
    for name, code in files.items():
        for number, line in enumerate(code.splitlines(), start=1):
            if match := _MARK.search(line):
                found += [(name, number, code.strip()) for code in match[1].split(",")]
    return sorted(found)


def findings(paths: list[Path], root: Path) -> list[tuple[str, int, str]]:
    project.forget_projects()
    report = check_paths(paths, settings=Settings(root=str(root)))
    assert [d.message for d in report.diagnostics] == []
    return sorted((Path(f.path).relative_to(root).as_posix(), f.span.line, f.code) for f in report.findings)


@pytest.mark.parametrize("files", list(_parameters()))
def test_case(files: dict[str, str], tmp_path: Path) -> None:
    assert files
    for name, code in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    paths = [tmp_path / name for name in files]
    wanted = marked(files)
    assert findings([tmp_path], tmp_path) == wanted
    assert sorted(f for path in paths for f in findings([path], tmp_path)) == wanted
    project.forget_projects()
    backwards = [check_paths([path], settings=Settings(root=str(tmp_path))) for path in reversed(paths)]
    assert sum(len(report.findings) for report in backwards) == len(wanted)
