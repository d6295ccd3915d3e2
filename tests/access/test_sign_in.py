"""The providers in `[auth]`, what is missing there, and who is signed in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from arkor_dash.access.sign_in import (
    SignIn,
    email_key,
    is_verified,
    provider_label,
    read_sign_in,
    signed_in_email,
)
from arkor_dash.settings.load import load_settings

SHARED = {"redirect_uri": "https://dash.example/oauth2callback", "cookie_secret": "c" * 32}
PROVIDER = {"client_id": "id", "client_secret": "canary-5f1d", "server_metadata_url": "https://idp.example/"}


def test_a_provider_directly_in_auth_is_called_default():
    auth = {**SHARED, **PROVIDER, "client_kwargs": {"prompt": "login"}, "expose_tokens": ["id"]}
    assert read_sign_in(auth, authlib=True) == SignIn(("default",), ())


def test_each_table_in_auth_is_a_provider():
    auth = {**SHARED, "google": PROVIDER, "okta": PROVIDER}
    assert read_sign_in(auth, authlib=True) == SignIn(("google", "okta"), ())


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (None, "the secrets have no [auth] section"),
        ("text", "the secrets have no [auth] section"),
        ({**PROVIDER, "cookie_secret": "c" * 32}, "[auth] has no redirect_uri"),
        ({**SHARED, **PROVIDER, "redirect_uri": "https://dash.example/"}, "/oauth2callback"),
        ({**SHARED, **PROVIDER, "cookie_secret": "c" * 31}, "[auth] has no cookie_secret of 32 characters"),
        ({**SHARED, **PROVIDER, "cookie_secret": 5}, "[auth] has no cookie_secret"),
        (SHARED, "[auth] names no provider"),
        ({**SHARED, **PROVIDER, "client_id": " "}, "[auth] has no client_id"),
        (
            {**SHARED, "google": {"client_id": "id", "client_secret": "x"}},
            "[auth.google] has no server_metadata_url",
        ),
        ({**SHARED, "our_own": PROVIDER}, "[auth.our_own] has an underscore in its name"),
    ],
)
def test_a_missing_or_invalid_key_is_named(auth: object, words: str):
    (missing,) = read_sign_in(auth, authlib=True).missing
    assert words in missing
    assert "canary" not in missing


def test_a_missing_library_is_named_first():
    assert "Authlib" in read_sign_in(None, authlib=False).missing[0]
    assert "Authlib" in read_sign_in({**SHARED, **PROVIDER}, authlib=False).missing[0]


def test_a_button_names_the_provider_if_it_has_a_name():
    assert [provider_label(name) for name in ("default", "google", "ourIdP")] == [
        "Sign in",
        "Sign in with Google",
        "Sign in with OurIdP",
    ]


@pytest.mark.parametrize("claims", [{}, {"is_logged_in": False, "email": "a@b"}, {"is_logged_in": "true"}])
def test_without_a_sign_in_there_is_no_email(claims: dict[str, object]):
    assert signed_in_email(claims) is None


@pytest.mark.parametrize("email", [{}, {"email": None}, {"email": ["a@b"]}], ids=str)
def test_a_sign_in_without_an_email_has_an_empty_one(email: dict[str, object]):
    assert signed_in_email({"is_logged_in": True, **email}) == ""


@pytest.mark.parametrize(
    ("claims", "verified"),
    [
        ({"email_verified": True}, True),
        ({"email_verified": "true"}, True),
        ({"xms_edov": True}, True),
        ({"xms_edov": "1"}, True),
        ({}, False),
        ({"email_verified": False}, False),
        ({"email_verified": "false"}, False),
        ({"email_verified": None}, False),
        ({"email_verified": "yes"}, False),
        ({"email_verified": [True]}, False),
        ({"xms_edov": False}, False),
        ({"email_verified": False, "xms_edov": True}, False),
    ],
    ids=str,
)
def test_an_email_is_verified_only_if_the_provider_says_so(claims: dict[str, object], verified: bool):
    assert is_verified(claims) is verified


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada@Example.ORG", "ada@example.org", True),
        ("ada@example.org", "ada@example.com", False),
        ("\N{KELVIN SIGN}im@example.org", "kim@example.org", False),
        ("jo\N{LATIN SMALL LETTER LONG S}e@example.org", "jose@example.org", False),
        ("jos\u00e9@example.org", "jos\u00e9@example.org", True),
        (" ada@example.org", "ada@example.org", False),
    ],
)
def test_emails_are_compared_without_regard_to_the_case_of_ascii_letters_only(
    one: str, other: str, same: bool
):
    assert (email_key(one) == email_key(other)) is same


def test_the_documented_example_lacks_only_its_cookie_secret():
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    secrets = tomllib.loads(example)
    settings = load_settings({}, secrets)
    assert (settings.actions, settings.operators) == ("operators", {"ada@example.org"})
    secrets["auth"]["cookie_secret"] = "c" * 32
    assert read_sign_in(secrets["auth"], authlib=True) == SignIn(("default",), ())
