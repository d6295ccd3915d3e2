from __future__ import annotations

import pytest

from noxfile import section

CHANGELOG = (
    "# Changelog\n\n## Unreleased\n\n- c\n\n## 0.1.0 – 2026-11-26\n\n- b\n- a\n\n## 0.0.1\n\n- first\n"
)


@pytest.mark.parametrize(
    ("version", "notes"), [("Unreleased", "- c"), ("0.1.0", "- b\n- a"), ("0.0.1", "- first")]
)
def test_the_notes_of_a_release_are_its_section_of_the_changelog(version: str, notes: str) -> None:
    assert section(CHANGELOG, version) == notes


@pytest.mark.parametrize("version", ["0.2.0", "0.1"])
def test_a_release_without_a_section_is_an_error(version: str) -> None:
    with pytest.raises(ValueError, match=f"## {version}"):
        section(CHANGELOG, version)
