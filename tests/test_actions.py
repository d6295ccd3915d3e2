"""Who may start a run."""

from __future__ import annotations

import pytest

from arkor_dash.actions import refusal


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
    assert refusal("local", peer, host) is None


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
    assert "machine" in (refusal("local", peer, host) or "")


def test_everyone_and_nobody_mean_what_they_say():
    assert refusal("everyone", "192.0.2.7", "dash.example") is None
    assert "nobody" in (refusal("nobody", None, "localhost") or "")


def test_without_sign_in_there_are_no_operators():
    assert refusal("operators", None, "localhost")
