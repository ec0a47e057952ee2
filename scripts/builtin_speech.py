"""Writes the words of the built-in models where a run finds them without reading the models: run it after changing one.

python scripts/builtin_speech.py
"""

from __future__ import annotations

from pathlib import Path

from pgleak_lint.models.loader import load_catalog
from pgleak_lint.models.speech import speech_of
from pgleak_lint.models.vocabulary import Speech

TARGET = Path(__file__).parent.parent / "src" / "pgleak_lint" / "models" / "builtin_speech.py"


def module_of(speech: Speech) -> str:
    """The text of the module that says it."""
    lines = [
        '"""The words of the built-in models. Written by ``scripts/builtin_speech.py``; a test compares it with the models."""',
        "",
        "# fmt: off",
        "# ruff: noqa: E501",
        "from pgleak_lint.models.vocabulary import Speech",
        "",
        "SPEECH = Speech(",
    ]
    for name in ("methods", "functions", "makers", "owned", "sufficient", "factories", "pools"):
        lines.append(f"    {name}={_set(getattr(speech, name))},")
    lines.append(f"    together=({', '.join(map(_set, speech.together))},),")
    lines.append("    packages={")
    lines.extend(f"        {package!r}: {names!r}," for package, names in sorted(speech.packages.items()))
    return "\n".join([*lines, "    },", ")", ""])


def _set(words: frozenset[str]) -> str:
    return f"frozenset({{{', '.join(map(repr, sorted(words)))}}})"


if __name__ == "__main__":
    TARGET.write_text(module_of(speech_of(load_catalog())), encoding="utf-8")
