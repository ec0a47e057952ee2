"""Words of texts."""

from __future__ import annotations

import pytest

from pgleak_lint.source.words import has_word, identifiers_of, words_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("connect", True),
        ("a.connect()", True),
        ("reconnect, connect", True),
        ("reconnect", False),
        ("connect_", False),
        ("connect2", False),
        ("", False),
    ],
)
def test_has_word(text: str, found: bool) -> None:
    assert has_word(text, "connect") is found
    assert (b"connect" in words_of(text.encode())) is found


def test_identifiers_are_spelled_as_the_parser_does() -> None:
    assert b"connect" in identifiers_of("ｃonnect()")
    assert identifiers_of("a.b") == {b"a", b"b"}
