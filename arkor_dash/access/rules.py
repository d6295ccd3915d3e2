"""Who may start and cancel runs, by the setting ARKOR_DASH_ACTIONS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .hosts import host_name, read_ip
from .origins import is_own_origin
from .sign_in import SignIn, email_key, is_verified, signed_in_email

_PROXY_HEADERS = ("forwarded", "x-forwarded", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may act.

    `actions`: the setting. `operators`: e-mail addresses in the form that `email_key` returns.
    `origins`: origins that count as the dashboard's own, besides the one that `Host` names.
    """

    actions: str
    operators: frozenset[str]
    sign_in: SignIn
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Viewer:
    """One viewer of a page.

    `peer`: the IP address at the other end of the connection; None if it is this machine.
    `headers`: the HTTP headers of the connection.
    `claims`: the claims of the viewer's sign-in that `sign_in.CLAIMS` names; empty without a sign-in.
    """

    peer: str | None
    headers: Mapping[str, str] = field(repr=False)
    claims: Mapping[str, object] = field(repr=False)


def refusal(rule: Rule, viewer: Viewer) -> str | None:
    """Why the viewer may not start or cancel runs; None if the viewer may.

    Whoever may act has to do so from a page of this dashboard, see `is_own_origin`.

    `local` requires a loopback peer and a loopback `Host` and `Origin`, as a browser on this machine sends them.
    It also requires that there is no header of a proxy: behind a proxy on this machine, every viewer has a loopback
    peer.
    """
    reason = _refusal_by_rule(rule, viewer)
    if reason is not None:
        return reason
    fields = _lower_case(viewer.headers)
    if is_own_origin(fields.get("origin", ""), fields.get("host", ""), rule.origins):
        return None
    return (
        "Runs can't be started or cancelled from here: the page's address (Origin) is not the one that the dashboard "
        "was asked under (Host). If a proxy changes Host, list the page's address in server.corsAllowedOrigins, see "
        "“Names, and proxies” in docs/security.md."
    )


def _refusal_by_rule(rule: Rule, viewer: Viewer) -> str | None:
    if rule.actions == "everyone":
        return None
    if rule.actions == "nobody":
        return "Runs can't be started here: ARKOR_DASH_ACTIONS is nobody."
    if rule.actions == "operators":
        return _operator_refusal(rule, viewer.claims)
    if (viewer.peer is None or _is_loopback(viewer.peer)) and _is_local_request(_lower_case(viewer.headers)):
        return None
    return "Runs can only be started on the machine that the dashboard runs on (ARKOR_DASH_ACTIONS is local)."


def missing_setup(rule: Rule) -> tuple[str, ...]:
    """The settings that are missing before anyone can be an operator, as parts of a sentence; empty if none."""
    no_operators = () if rule.operators else ("no operators are listed (ARKOR_DASH_OPERATORS)",)
    return (*no_operators, *rule.sign_in.missing)


def _operator_refusal(rule: Rule, claims: Mapping[str, object]) -> str | None:
    reason = _reason_against(rule, claims)
    return None if reason is None else f"Read-only: only operators can start or cancel runs here{reason}"


def _reason_against(rule: Rule, claims: Mapping[str, object]) -> str | None:
    """Why the person is not an operator, as the end of a sentence; None for an operator."""
    if missing := missing_setup(rule):
        return f", and nobody can be one yet: {'; '.join(missing)}."
    email = signed_in_email(claims)
    if email is None:
        return ". If you are one, sign in."
    if not email:
        return ", and your sign-in has no e-mail address."
    if not is_verified(claims):
        return ", and your sign-in does not say that your e-mail address is verified."
    if email_key(email) not in rule.operators:
        return ", and you are not listed as one (ARKOR_DASH_OPERATORS)."
    return None


def _lower_case(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _is_local_request(fields: Mapping[str, str]) -> bool:
    if any(name.startswith(_PROXY_HEADERS) for name in fields):
        return False
    addresses = [f"//{fields.get('host', '')}", fields.get("origin", "//localhost")]
    return all(_is_loopback(host_name(address)) for address in addresses)


def _is_loopback(name: str) -> bool:
    address = read_ip(name)
    return name == "localhost" or (address is not None and address.is_loopback)
