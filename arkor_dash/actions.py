"""Who may start a run: what the setting ARKOR_DASH_ACTIONS says of a viewer."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def refusal(actions: str, peer: str | None, host: str | None) -> str | None:
    """Why a viewer may not start a run, or None if it may.

    Args: peer: the connection's other end, None for this machine itself. host: the `Host` header. `local` asks
        for both to be loopback: a proxy on this machine is a loopback peer, but serves another host, and a page of
        another site that resolves to this machine sends its own name.
    """
    if actions == "everyone":
        return None
    if actions == "nobody":
        return "Runs can't be started here: ARKOR_DASH_ACTIONS is nobody."
    if actions == "operators":
        return "Runs can only be started by operators (ARKOR_DASH_ACTIONS), and nobody is signed in."
    if (peer is None or _is_loopback(peer)) and _is_loopback(_host_name(host or "")):
        return None
    return "Runs can only be started on the machine that the dashboard runs on (ARKOR_DASH_ACTIONS is local)."


def _host_name(host: str) -> str:
    """The name in a `Host` header, without the port; empty if there is none to be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
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
