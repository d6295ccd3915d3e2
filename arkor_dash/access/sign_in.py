"""Signing in: whether `[auth]` in the secrets is complete, and who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CLAIMS = ("is_logged_in", "email", "email_verified", "xms_edov")
"""The claims of a sign-in that are read. All others, and the tokens, are not read."""

_DEFAULT_PROVIDER = "default"
"""Streamlit's name for a provider whose keys are directly in [auth]."""
_PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
_COOKIE_SECRET_LENGTH = 32


@dataclass(frozen=True, slots=True)
class SignIn:
    """How viewers can sign in.

    `providers`: their names, as `st.login` takes them.
    `missing`: the settings that are missing, as parts of a sentence; empty if none.
    """

    providers: tuple[str, ...]
    missing: tuple[str, ...]


def read_sign_in(auth: object, *, authlib: bool) -> SignIn:
    """The providers in `secrets["auth"]`, and the keys that are missing there. The values are not kept.

    Args:
        auth: None if there is no such table.
        authlib: whether Authlib is installed. Streamlit needs it for signing in.
    Source: Streamlit's documentation of `st.login` for the keys and names. The minimum length of `cookie_secret` is
        a rule of this dashboard: a person who guesses that secret can sign in as anyone.
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
    """The form in which two e-mail addresses are compared: ASCII letters in lower case.

    An address with other characters is returned unchanged. Some characters, such as the Kelvin sign, become ASCII
    letters in lower case, which would make one address equal to another person's.
    """
    return email.lower() if email.isascii() else email


def signed_in_email(claims: Mapping[str, object]) -> str | None:
    """The e-mail address of the sign-in, verified or not; "" if it has none, None without a sign-in."""
    if claims.get("is_logged_in") is not True:
        return None
    email = claims.get("email")
    return email if isinstance(email, str) else ""


def is_verified(claims: Mapping[str, object]) -> bool:
    """Whether the provider has verified that the e-mail address is the person's own. Without a claim, it has not.

    Source: OpenID Connect Core 1.0, 5.1 and 5.7. Apple sends the claim as text. Microsoft sends `xms_edov` instead,
    since the administrator of a directory can enter any e-mail address there.
    """
    return claims.get("email_verified", claims.get("xms_edov")) in (True, "true", "1")


def provider_label(name: str) -> str:
    """The label of the button that leads to the provider."""
    return "Sign in" if name == _DEFAULT_PROVIDER else f"Sign in with {name[:1].upper()}{name[1:]}"


def _providers(auth: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    """The sections of the providers, by name: [auth] itself if it has a provider's key, and the tables in it."""
    found: dict[str, Mapping[str, object]] = {}
    if any(key in auth for key in _PROVIDER_KEYS):
        found[_DEFAULT_PROVIDER] = auth
    for name, section in auth.items():
        if isinstance(section, Mapping) and name != "client_kwargs":
            found[name] = section
    return found


def _text(section: Mapping[str, object], key: str) -> str:
    value = section.get(key)
    return value.strip() if isinstance(value, str) else ""
