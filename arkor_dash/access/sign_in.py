"""Signing in: what `[auth]` in the secrets lacks for it, and whom an identity token names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CLAIMS = ("is_logged_in", "email", "email_verified", "xms_edov")
"""All that is read of a sign-in; the identity token holds more, and the tokens themselves stand beside them."""

_UNNAMED = "default"
_PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
_COOKIE_SECRET_LENGTH = 32


@dataclass(frozen=True, slots=True)
class SignIn:
    """`providers`: the names that `st.login` knows them by. `missing`: what stands in the way, as parts of a
    sentence.
    """

    providers: tuple[str, ...]
    missing: tuple[str, ...]


def read_sign_in(auth: object, *, authlib: bool) -> SignIn:
    """What `secrets["auth"]` makes possible; its values are looked at, not kept.

    Args: auth: None if there is none. authlib: whether Streamlit finds the library that it signs people in with.
    Source: `st.login`, on the keys and names. That a cookie's secret can't be guessed is our own rule: who has it
        can be anyone.
    """
    missing = [] if authlib else ["Authlib is not installed (pip install 'streamlit[auth]')"]
    if not isinstance(auth, Mapping):
        return SignIn((), (*missing, "the secrets have no [auth] section to sign in with"))
    if not _text(auth, "redirect_uri").endswith("/oauth2callback"):
        missing.append("[auth] has no redirect_uri that ends in /oauth2callback")
    if len(_text(auth, "cookie_secret")) < _COOKIE_SECRET_LENGTH:
        missing.append(f"[auth] has no cookie_secret of {_COOKIE_SECRET_LENGTH} characters or more")
    providers = _providers(auth)
    if not providers:
        missing.append("[auth] names no provider")
    for name, section in providers.items():
        title = "[auth]" if section is auth else f"[auth.{name}]"
        missing += [f"{title} has no {key}" for key in _PROVIDER_KEYS if not _text(section, key)]
        if "_" in name:
            missing.append(f"{title} has an underscore in its name")
    return SignIn(tuple(providers), tuple(missing))


def email_key(email: str) -> str:
    """What is equal for equal addresses, whatever their case.

    Beyond ASCII no case is folded: there, other letters have the ones of another's address as their lower case (the
    Kelvin sign is one such k).
    """
    return email.lower() if email.isascii() else email


def signed_in_email(claims: Mapping[str, object]) -> str | None:
    """The address of who is signed in, verified or not; empty if the token names none, None if nobody is."""
    if claims.get("is_logged_in") is not True:
        return None
    email = claims.get("email")
    return email if isinstance(email, str) else ""


def is_verified(claims: Mapping[str, object]) -> bool:
    """Whether the provider vouches that the address is the person's own; one that says nothing of it does not.

    Source: OpenID Connect Core 1.0, 5.1 and 5.7. Apple writes the claim as text. Microsoft has `xms_edov` instead:
    there the address alone may be any that a directory's administrator typed in.
    """
    return claims.get("email_verified", claims.get("xms_edov")) in (True, "true", "1")


def provider_label(name: str) -> str:
    """What a button says that leads to the provider."""
    return "Sign in" if name == _UNNAMED else f"Sign in with {name[:1].upper()}{name[1:]}"


def _providers(auth: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    """The unnamed one, if any of its keys is there, and the tables below [auth]."""
    found: dict[str, Mapping[str, object]] = {}
    if any(key in auth for key in _PROVIDER_KEYS):
        found[_UNNAMED] = auth
    for name, section in auth.items():
        if isinstance(section, Mapping) and name != "client_kwargs":
            found[name] = section
    return found


def _text(section: Mapping[str, object], key: str) -> str:
    value = section.get(key)
    return value.strip() if isinstance(value, str) else ""
