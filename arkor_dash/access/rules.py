"""Who may start and cancel runs: what the setting ARKOR_DASH_ACTIONS says of a viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from .sign_in import SignIn, email_key, is_verified, signed_in_email

_PROXY_HEADERS = ("forwarded", "x-forwarded", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Rule:
    """`actions`: the setting. `operators`: their addresses, as `email_key` gives them."""

    actions: str
    operators: frozenset[str]
    sign_in: SignIn


@dataclass(frozen=True, slots=True)
class Viewer:
    """`peer`: the connection's other end, None for this machine itself. `headers`: those of the connection.

    `claims`: what the provider says of who is signed in, see `sign_in.CLAIMS`; empty if nobody is.
    """

    peer: str | None
    headers: Mapping[str, str] = field(repr=False)
    claims: Mapping[str, object] = field(repr=False)


def refusal(rule: Rule, viewer: Viewer) -> str | None:
    """Why a viewer may not start or cancel a run, or None if it may.

    `local` asks for a loopback peer, and for headers as a browser on this machine sends them: a loopback `Host`
    and `Origin`, and no trace of a proxy, which would be a loopback peer for everyone behind it.
    """
    if rule.actions == "everyone":
        return None
    if rule.actions == "nobody":
        return "Runs can't be started here: ARKOR_DASH_ACTIONS is nobody."
    if rule.actions == "operators":
        return _refusal_of_others(rule, viewer.claims)
    if (viewer.peer is None or _is_loopback(viewer.peer)) and _sent_from_here(viewer.headers):
        return None
    return "Runs can only be started on the machine that the dashboard runs on (ARKOR_DASH_ACTIONS is local)."


def lacking(rule: Rule) -> tuple[str, ...]:
    """What stands in the way of every operator, as parts of a sentence."""
    nobody = () if rule.operators else ("no operators are listed (ARKOR_DASH_OPERATORS)",)
    return (*nobody, *rule.sign_in.missing)


def _refusal_of_others(rule: Rule, claims: Mapping[str, object]) -> str | None:
    why = _why_no_operator(rule, claims)
    return None if why is None else f"Read-only: only operators can start or cancel runs here{why}"


def _why_no_operator(rule: Rule, claims: Mapping[str, object]) -> str | None:
    """The end of the sentence that says so; None: the person is one."""
    if missing := lacking(rule):
        return f", and nobody can be one yet: {'; '.join(missing)}."
    email = signed_in_email(claims)
    if email is None:
        return ". If you are one, sign in."
    if not email:
        return ", and your sign-in comes without an e-mail address."
    if not is_verified(claims):
        return ", and your sign-in does not say that your e-mail address is verified."
    if email_key(email) not in rule.operators:
        return ", and you are not listed as one (ARKOR_DASH_OPERATORS)."
    return None


def _sent_from_here(headers: Mapping[str, str]) -> bool:
    fields = {name.lower(): value for name, value in headers.items()}
    if any(name.startswith(_PROXY_HEADERS) for name in fields):
        return False
    addresses = [f"//{fields.get('host', '')}", fields.get("origin", "//localhost")]
    return all(_is_loopback(_host_name(address)) for address in addresses)


def _host_name(address: str) -> str:
    """The name in an address, without the port; empty if there is none to be read."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    # A server that listens on IPv6 sees an IPv4 peer as ::ffff:127.0.0.1.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
