"""Addresses as they may be shown."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arkor_dash.protocol.addresses import hide_in_addresses, shown_address

SECRET = "cAnArY"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
        ("https://host/a/b.jsonl", "https://host/a/b.jsonl"),
        (f"https://host/a?{SECRET}", "https://host/a?…"),
        (f"https://host?{SECRET}#{SECRET}", "https://host?…"),
        (f"https://host/#{SECRET}", "https://host/#…"),
        (f"https://{SECRET}@host:1/a", "https://…@host:1/a"),
        (f"https://user:{SECRET}@[::1]:80/a?{SECRET}", "https://…@[::1]:80/a?…"),
        (f"https://user:{SECRET}@x@host/", "https://…@host/"),
        ("hf://datasets/org/name@main/train.parquet", "hf://datasets/org/name@main/train.parquet"),
        (f"127.0.0.1:4000/?{SECRET}", "127.0.0.1:4000/?…"),
        (f"user:{SECRET}@host/x", "…@host/x"),
        (f"//user:{SECRET}@host/x", "//…@host/x"),
        (f"https://user:{SECRET}/x@host/", "https://…"),
        (f"https://user:{SECRET}?x@host/", "https://…"),
        (f"https://user:1/{SECRET}@host/", "https://…"),
        (f"https://user:{SECRET}\\@host/", "https://…"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_user_info_query_and_fragment(address: str, shown: str):
    assert shown_address(address) == shown
    assert shown_address(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{'a' * 1_000_000}://host?{SECRET}", f"{'a' * 1_000_000}://host?…"),
        (f"{'a' * 1_000_000} ://host?{SECRET}", f"{'a' * 1_000_000} ://host?…"),
        ("no address: a?b#c@d", "no address: a?b#c@d"),
        (f"403 for https://host/x?sig={SECRET} (twice)", "403 for https://host/x?… (twice)"),
        (f'"s3://k:{SECRET}@host/x" and "s3://b/y"', '"s3://…@host/x" and "s3://b/y"'),
        (f" https://host/x?a=b {SECRET}", " https://host/x?…"),
    ],
)
def test_each_address_in_a_text_is_shown_like_one(text: str, shown: str):
    assert hide_in_addresses(text) == shown


PARTS = st.text(st.characters(exclude_characters="/\\?#@", min_codepoint=33, max_codepoint=0x2FF), min_size=1)


@given(PARTS, PARTS, st.text(), st.text())
@example("user", ":", "", "")
def test_nothing_of_a_secret_part_is_shown(user: str, password: str, query: str, fragment: str):
    secret = f"{SECRET}{password}{SECRET}"
    address = f"https://{user}:{secret}@host:80/path?{SECRET}{query}#{SECRET}{fragment}"
    assert SECRET not in shown_address(address)
    assert SECRET not in hide_in_addresses(address)


@given(st.text())
def test_no_text_is_too_odd_to_be_shown(text: str):
    shown = hide_in_addresses(text)
    assert hide_in_addresses(shown) == shown
    assert "//" in text or shown == text
