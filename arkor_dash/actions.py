"""Who may start a run: what the setting ARKOR_DASH_ACTIONS says of a viewer."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

_PROXY_HEADERS = ("forwarded", "x-forwarded", "x-real-ip", "via")


def refusal(actions: str, peer: str | None, headers: Mapping[str, str]) -> str | None:
    """Why a viewer may not start a run, or None if it may.

    Args: peer: the connection's other end, None for this machine itself. headers: those of the connection.
        `local` asks for a loopback peer, and for headers as a browser on this machine sends them: a loopback `Host`
        and `Origin`, and no trace of a proxy, which would be a loopback peer for everyone behind it.
    """
    if actions == "everyone":
        return None
    if actions == "nobody":
        return "Runs can't be started here: ARKOR_DASH_ACTIONS is nobody."
    if actions == "operators":
        return "Runs can only be started by operators (ARKOR_DASH_ACTIONS), and nobody is signed in."
    if (peer is None or _is_loopback(peer)) and _sent_from_here(headers):
        return None
    return "Runs can only be started on the machine that the dashboard runs on (ARKOR_DASH_ACTIONS is local)."


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
