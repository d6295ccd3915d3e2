"""Whether a connection was opened by a page of this dashboard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.access.origins import is_own_origin


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8501", "localhost:8501"),
        ("http://[::1]:8501", "[::1]:8501"),
        ("http://192.0.2.7", "192.0.2.7"),
        ("http://192.0.2.7", "192.0.2.7:80"),
        ("https://dash.example.org", "dash.example.org"),
        ("https://dash.example.org", "dash.example.org:443"),
        ("https://dash.example.org:8443", "dash.example.org:8443"),
        ("https://dash.example.org", "Dash.Example.org"),
    ],
)
def test_a_page_of_the_address_that_was_asked_is_the_dashboard_s_own(origin: str, host: str) -> None:
    assert is_own_origin(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "localhost:8501"),
        ("null", "localhost:8501"),
        ("localhost:8501", "localhost:8501"),
        ("file://", "localhost:8501"),
        ("ws://localhost:8501", "localhost:8501"),
        ("http://localhost:8502", "localhost:8501"),
        ("http://localhost", "localhost:8501"),
        ("http://127.0.0.1:8501", "localhost:8501"),
        ("http://localhost:8501/", "localhost:8501"),
        ("http://localhost:8501@evil.example", "localhost:8501"),
        ("http://evil.example@localhost:8501", "localhost:8501"),
        ("http://localhost:port", "localhost:port"),
        ("http://[::1", "[::1"),
        ("http://", ""),
        ("http://localhost:8501 ", "localhost:8501"),
        ("https://dash.example.org", "dash.example.org:80"),
        ("https://evil-dash.example.org", "dash.example.org"),
        ("https://dash.example.org.evil.example", "dash.example.org"),
    ],
)
def test_any_other_page_is_not(origin: str, host: str) -> None:
    assert not is_own_origin(origin, host)


def test_a_listed_origin_counts_whatever_the_host() -> None:
    listed = ["https://dash.example.org/", " http://10.0.0.7:8501"]
    assert is_own_origin("https://dash.example.org", "upstream:8501", listed)
    assert is_own_origin("http://10.0.0.7:8501", "upstream:8501", listed)
    assert not is_own_origin("http://dash.example.org", "upstream:8501", listed)
    assert not is_own_origin("https://dash.example.org:8443", "upstream:8501", listed)
    assert not is_own_origin("", "upstream:8501", ["", "*", "dash.example.org"])


@given(st.text(), st.text(), st.lists(st.text(), max_size=2))
def test_no_text_is_an_error(origin: str, host: str, listed: list[str]) -> None:
    assert is_own_origin(origin, host, listed) in (True, False)
