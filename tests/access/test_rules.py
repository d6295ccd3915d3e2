"""Who may start and cancel runs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from arkor_dash.access import rules
from arkor_dash.access.rules import Rule, Viewer
from arkor_dash.access.sign_in import SignIn

ADA = {"is_logged_in": True, "email": "ada@example.org", "email_verified": True}
READY = SignIn(("default",), ())
OPERATORS = frozenset({"ada@example.org", "kim@example.org"})
RULE = Rule("operators", OPERATORS, READY)


def refusal(word: str, peer: str | None, headers: Mapping[str, str]) -> str | None:
    """The refusal of a viewer who is signed in as an operator, which matters only to the rule `operators`."""
    return rules.refusal(Rule(word, OPERATORS, READY), Viewer(peer, headers, ADA))


def refusal_of(claims: Mapping[str, object], rule: Rule = RULE) -> str | None:
    """The refusal of a viewer on this machine, which matters only to the rule `local`."""
    return rules.refusal(rule, Viewer("127.0.0.1", headers("localhost:8501"), claims))


def headers(host: str | None) -> dict[str, str]:
    """The headers of a websocket that a page of the dashboard opens in a browser."""
    return {} if host is None else {"Host": host, "Origin": f"http://{host}"}


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
def test_a_viewer_on_another_machine_may_not_start_runs_by_default(peer, host):
    assert "machine" in (refusal("local", peer, headers(host)) or "")


def test_the_rules_everyone_and_nobody_hold_for_all_viewers():
    assert refusal("everyone", "192.0.2.7", headers("dash.example")) is None
    assert "nobody" in (refusal("nobody", None, headers("localhost")) or "")


def test_an_operator_may_start_runs_from_anywhere():
    assert refusal("operators", "192.0.2.7", headers("dash.example") | {"Via": "1.1 proxy"}) is None
    assert refusal_of({**ADA, "email": "Ada@EXAMPLE.org"}) is None


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({}, "sign in"),
        ({**ADA, "is_logged_in": False}, "sign in"),
        ({"email": "ada@example.org", "email_verified": True}, "sign in"),
        ({**ADA, "email": "grace@example.org"}, "not listed"),
        ({**ADA, "email": "ada@example.org.evil.example"}, "not listed"),
        ({**ADA, "email": "ada@example.org,grace@example.org"}, "not listed"),
        ({**ADA, "email": "\N{KELVIN SIGN}im@example.org"}, "not listed"),
        ({**ADA, "email": "grace@example.org", "preferred_username": "ada@example.org"}, "not listed"),
        ({**ADA, "email": ["ada@example.org"]}, "has no e-mail address"),
        ({**ADA, "email": ""}, "has no e-mail address"),
        ({**ADA, "email_verified": False}, "verified"),
        ({"is_logged_in": True, "email": "ada@example.org"}, "verified"),
    ],
)
def test_a_viewer_who_is_not_an_operator_is_refused_with_the_reason(claims: dict[str, object], why: str):
    reason = refusal_of(claims) or ""
    assert reason.startswith("Read-only: only operators can start or cancel runs here")
    assert why in reason


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (
            Rule("operators", frozenset(), READY),
            "nobody can be one yet: no operators are listed (ARKOR_DASH_OPERATORS).",
        ),
        (Rule("operators", OPERATORS, SignIn((), ("no [auth]",))), "nobody can be one yet: no [auth]."),
        (
            Rule("operators", frozenset(), SignIn((), ("no Authlib", "no [auth]"))),
            "no operators are listed (ARKOR_DASH_OPERATORS); no Authlib; no [auth].",
        ),
    ],
)
def test_with_an_incomplete_setup_nobody_is_an_operator_and_the_refusal_says_what_is_missing(
    rule: Rule, why: str
):
    assert why in (refusal_of(ADA, rule) or "")


def test_the_repr_of_a_viewer_shows_no_cookies_and_no_claims():
    shown = repr(Viewer(None, {"Cookie": "canary-5f1d"}, {"email": "canary-5f1d"}))
    assert "canary" not in shown


@pytest.mark.parametrize(
    "header",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"x-forwarded-host": "dash.example"},
        {"Forwarded": "for=192.0.2.7"},
        {"X-Real-IP": "192.0.2.7"},
        {"Via": "1.1 proxy"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_a_connection_that_came_through_a_proxy_or_from_another_site_is_not_local(header):
    assert refusal("local", "127.0.0.1", headers("localhost:8501") | header)


@pytest.mark.parametrize("rule", ["local", "operators", "everyone"])
@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://localhost:9000",
        "http://localhost",
        "http://127.0.0.1:8501",
        "http://[::1]:8501",
    ],
)
def test_a_page_of_another_origin_on_this_machine_and_a_client_without_origin_may_not_act(
    rule: str, origin: str | None
):
    sent = headers("localhost:8501") | {"Origin": origin or ""}
    if origin is None:
        del sent["Origin"]
    assert refusal(rule, "127.0.0.1", sent)


def test_an_operator_s_browser_is_not_used_by_another_site():
    foreign = {"Host": "dash.example", "Origin": "https://evil.example"}
    assert "(Origin)" in (refusal("operators", "192.0.2.7", foreign) or "")
    assert refusal("operators", "192.0.2.7", foreign | {"Origin": "https://dash.example"}) is None


def test_a_listed_origin_may_act_behind_a_proxy_that_changes_the_host():
    rule = Rule("operators", OPERATORS, READY, ("https://dash.example",))
    sent = {"Host": "10.0.0.7:8501", "Origin": "https://dash.example", "Via": "1.1 proxy"}
    assert rules.refusal(rule, Viewer("10.0.0.1", sent, ADA)) is None
    assert rules.refusal(rule, Viewer("10.0.0.1", sent | {"Origin": "https://dash.example:8443"}, ADA))


def test_a_listed_origin_does_not_count_as_this_machine():
    rule = Rule("local", frozenset(), READY, ("https://dash.example",))
    sent = {"Host": "localhost:8501", "Origin": "https://dash.example"}
    assert rules.refusal(rule, Viewer("127.0.0.1", sent, {}))
