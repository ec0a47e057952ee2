"""Imports are found where the expression for them finds any, whatever stands around them."""

from hypothesis import given
from hypothesis import strategies as st

from pgleak_lint.relevance import imports

PARTS = st.sampled_from(
    [
        "import a", "import a.b as c, d", "from a import b", "from .a import (b,\n c)", "from a import(b\nimport c)", "  import x",
        "x = 1", "# import y", "import", "from a import b; import c", "importlib.import_module('z')", "from . import important",
        '"""\nfrom q import r\n"""', "from a import \\\n b", "\t from b.c import *", "", "from a\nimport b", "a import b", "import a # import b",
    ]
)  # fmt: skip


@given(st.lists(PARTS, max_size=12), st.sampled_from(["\n", "\r\n", "\n\n", ";"]))
def test_only_lines_that_speak_of_imports_are_tried(parts: list[str], between: str) -> None:
    text = b"\n" + between.join(parts).encode()
    found = [tuple(part or b"" for part in statement) for statement in imports._statements(text)]
    assert found == imports._IMPORT.findall(text)
