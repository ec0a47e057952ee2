"""Prints the oldest versions of the dependencies that `pyproject.toml` admits, one requirement a line, for this Python."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]

for requirement in PROJECT["dependencies"]:
    print(requirement.replace(">=", "==", 1))
