"""Version specifiers mean what they mean elsewhere."""

from __future__ import annotations

import pytest

from pgleak_lint.config.version import allows, is_specifier

VERSIONS = [
    "0.9",
    "1.0",
    "1.0.0",
    "1.4.0",
    "1.4.1",
    "1.5",
    "2.0",
    "2.0a1",
    "2.0rc2",
    "2.0.dev1",
    "1.4.post1",
    "1.4a1.dev3",
]
SPECIFIERS = [
    ">=1", ">=2", ">1", "<2", "<=1.4", "==1.4", "==1.4.0", "==1.*", "==1.4.*", "!=1.4.*", "!=1.4", "~=1.4", "~=1.4.0",
    "===1.4.0", ">=1,<2", ">=1.0, !=1.4.0, <2", ">1.4", "<2.0rc1", ">=2.0a1", "<=2.0.dev1", ">1.4.post0", "~=1.4.post1",
    " >= 1.0 ", ">2.0a0", "==2.0RC2", "==v1.4", "<2.dev2", ">=0!1.4", "==2.0-rc.2", "==1.4-1",
]  # fmt: skip


@pytest.mark.parametrize("specifier", SPECIFIERS)
def test_the_same_as_packaging(specifier: str) -> None:
    """pytest brings the library."""
    from packaging.specifiers import SpecifierSet

    assert is_specifier(specifier)
    expected = {version: SpecifierSet(specifier).contains(version, prereleases=True) for version in VERSIONS}
    assert {version: allows(specifier, version) for version in VERSIONS} == expected


@pytest.mark.parametrize(
    "text", ["", "1.4", "=1", ">=", ">=x", ">=1,", "~=1", ">=1.*", "^1", "==1.a1.*", ">=1 <2", "==1.0rc1.*"]
)
def test_no_specifiers(text: str) -> None:
    assert not is_specifier(text)
