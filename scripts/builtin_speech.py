"""Writes down the words of the built-in models, and which name leads to which of them, where a run finds them without reading
the models: run it after changing one.

python scripts/builtin_speech.py
"""

from __future__ import annotations

from pathlib import Path

from pgleak_lint.models.index import Index, index_of
from pgleak_lint.models.loader import BUILTIN, load_builtin, load_catalog
from pgleak_lint.models.speech import speech_of
from pgleak_lint.models.vocabulary import Speech

FOLDER = Path(__file__).parent.parent / "src" / "pgleak_lint" / "models"
HEAD = """\
\"\"\"{}. Written by ``scripts/builtin_speech.py``; a test compares it with the models.\"\"\"

# fmt: off
from pgleak_lint.models.{} import {}

"""


def module_of_words(speech: Speech) -> str:
    """The text of the module that says the words."""
    lines = ["SPEECH = Speech("]
    for name in ("methods", "functions", "makers", "owned", "sufficient", "factories", "pools"):
        lines.append(f"    {name}={_set(getattr(speech, name))},")
    lines.append(f"    together=({', '.join(map(_set, speech.together))},),")
    lines.append("    packages={")
    lines.extend(f"        {package!r}: {names!r}," for package, names in sorted(speech.packages.items()))
    return HEAD.format("The words of the built-in models", "vocabulary", "Speech") + "\n".join(
        [*lines, "    },", ")", ""]
    )


def module_of_index(index: Index) -> str:
    """The text of the module that says what leads where."""
    lines = ["INDEX = Index("]
    for name in ("roots", "methods", "fallbacks"):
        lines.append(f"    {name}={{")
        lines.extend(f"        {key!r}: {files!r}," for key, files in getattr(index, name).items())
        lines.append("    },")
    lines += [f"    {name}={_set(getattr(index, name))}," for name in ("others", "unmodelled")]
    return HEAD.format("Which name leads to which built-in model", "index", "Index") + "\n".join([*lines, ")", ""])


def builtin_index() -> Index:
    """The index of the built-in models."""
    return index_of((path.name, load_builtin(path.name)) for path in sorted(BUILTIN.glob("*.toml")))


def _set(words: frozenset[str]) -> str:
    return f"frozenset({{{', '.join(map(repr, sorted(words)))}}})"


if __name__ == "__main__":
    (FOLDER / "builtin_speech.py").write_text(module_of_words(speech_of(load_catalog())), encoding="utf-8")
    (FOLDER / "builtin_index.py").write_text(module_of_index(builtin_index()), encoding="utf-8")
