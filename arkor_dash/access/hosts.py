"""The names that the dashboard is served under: a defence against DNS rebinding.

A web page can have its own name resolve to this machine and then read from here as if it were the dashboard's own
page. The browser still sends that name as `Host`. So only names that an attacker can't own are served: IP addresses,
loopback names, this machine's names, and the names that the settings list.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

COMMUNITY_CLOUD = "*.streamlit.app"
"""The names of Streamlit Community Cloud's apps. Nobody else can have such a name resolve to another machine."""
COMMUNITY_CLOUD_FOLDER = "/mount/src/"
"""Where Streamlit Community Cloud has the apps. Its proxy chooses the app by its name, so any name is served."""
_LOOPBACK = ("localhost", "*.localhost")


def host_name(address: str) -> str:
    """The host of a URL, in lower case and without the port; empty if the URL has none, or has a path or a user."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises ValueError if it is no port
    except ValueError:
        return ""
    if "@" in parts.netloc or parts.path or parts.query or parts.fragment:
        return ""
    return (parts.hostname or "").removesuffix(".")


def read_ip(name: str) -> IPv4Address | IPv6Address | None:
    """The IP address that `name` is; None if it is none.

    An IPv4 address has a form on IPv6 sockets, such as ::ffff:127.0.0.1. It is returned as IPv4.
    """
    try:
        address = ip_address(name)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class HostNames:
    """The names that are served.

    Args:
        listed: further names, as Streamlit's `server.allowedHosts` has them: `*.example.org` stands for all names
            below example.org, `*` for all names.
        script: the path of the app's script.
    """

    def __init__(self, listed: Iterable[str], script: str = "") -> None:
        hosting = ("*",) if script.startswith(COMMUNITY_CLOUD_FOLDER) else ()
        names = [
            name.strip().lower().removesuffix(".")
            for name in (*_LOOPBACK, COMMUNITY_CLOUD, *hosting, *listed)
        ]
        self._endings = tuple(name[1:] for name in names if name == "*" or name.startswith("*."))
        self._names = frozenset(names)

    def know(self, host: str) -> bool:
        """Whether a request with this `Host` is served for an address or a listed name. Returns at once."""
        name = host_name(f"//{host}")
        return (
            read_ip(name) is not None or name in self._names or (name != "" and name.endswith(self._endings))
        )

    def serve(self, host: str) -> bool:
        """Whether a request with this `Host` is served. May take seconds at the first call, see `own_names`."""
        return self.know(host) or host_name(f"//{host}") in own_names()


@cache
def own_names() -> frozenset[str]:
    """The names of this machine, in lower case. Asks the name service once, which may take seconds."""
    short = socket.gethostname().lower()
    return frozenset({short, f"{short.partition('.')[0]}.local", socket.getfqdn(short).lower()} - {""})
