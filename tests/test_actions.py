"""Who may start a run."""

from __future__ import annotations

import pytest

from arkor_dash.actions import refusal


def headers(host: str | None) -> dict[str, str]:
    return {} if host is None else {"Host": host}


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        (None, "localhost:8501"),
        ("127.0.0.1", "127.0.0.1:8501"),
        ("::1", "[::1]:8501"),
        ("::ffff:127.0.0.1", "localhost"),
        (None, "localhost"),
    ],
)
def test_a_viewer_on_the_same_machine_may_start_runs_by_default(peer, host):
    assert refusal("local", peer, headers(host)) is None


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("192.0.2.7", "localhost:8501"),
        ("192.0.2.7", "dash.example:8501"),
        ("::ffff:192.0.2.7", "localhost"),
        ("127.0.0.1", "dash.example"),
        (None, "evil.example"),
        ("not an address", "localhost"),
        (None, None),
        (None, "localhost.evil.example"),
        (None, "[broken"),
    ],
)
def test_anyone_else_may_not(peer, host):
    assert "machine" in (refusal("local", peer, headers(host)) or "")


def test_everyone_and_nobody_mean_what_they_say():
    assert refusal("everyone", "192.0.2.7", headers("dash.example")) is None
    assert "nobody" in (refusal("nobody", None, headers("localhost")) or "")


def test_without_sign_in_there_are_no_operators():
    assert refusal("operators", None, headers("localhost"))


@pytest.mark.parametrize(
    "trace",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"x-forwarded-host": "dash.example"},
        {"Forwarded": "for=192.0.2.7"},
        {"X-Real-IP": "192.0.2.7"},
        {"Via": "1.1 proxy"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=lambda trace: next(iter(trace)),
)
def test_a_connection_that_came_through_a_proxy_or_from_another_site_is_not_local(trace):
    assert refusal("local", "127.0.0.1", headers("localhost:8501") | trace)


def test_a_page_of_this_machine_is_local():
    assert refusal("local", None, headers("localhost:8501") | {"Origin": "http://localhost:8501"}) is None
