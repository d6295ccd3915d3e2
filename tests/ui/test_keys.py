"""The parts of element keys that stand for values from outside."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.ui.keys import key_part
from tests.servers.hostile import NAMES

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(NAMES)
"""Any text, lone surrogates included."""


@given(ANY_TEXT)
def test_a_key_part_is_made_of_hexadecimal_digits_whatever_the_value(value: str):
    assert re.fullmatch(r"[0-9a-f]{16}", key_part(value))


@given(ANY_TEXT, ANY_TEXT)
def test_values_have_the_same_key_part_only_if_they_are_equal(one: str, other: str):
    assert (key_part(one) == key_part(other)) == (one == other)


def test_a_key_part_is_the_same_in_every_process():
    assert key_part("job_0001") == "835755e01a357bf2"
