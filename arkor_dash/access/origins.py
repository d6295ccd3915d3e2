"""Whether a connection was opened by a page of this dashboard: a defence against other pages in the same browser.

A browser lets any page open a websocket to any server, with the viewer's cookies. It names that page's origin in the
header `Origin`, which no page can change. A client that is no browser can send any `Origin`, but can't be made to
connect by a page.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_own_origin(origin: str, host: str, listed: Collection[str] = ()) -> bool:
    """Whether the page is the dashboard's own: its origin is the `Host` that was asked, port included.

    A proxy may end HTTPS, so the scheme can't be compared. It gives the default port.

    Args:
        origin, host: the headers; empty if there is none.
        listed: further origins that count as the dashboard's own, for a proxy that changes `Host`.
    """
    page = _place(origin)
    if page is None:
        return False
    return page in {_place(f"{page[0]}://{host}"), *(_place(each.strip().rstrip("/")) for each in listed)}


def _place(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a URL that has nothing else; None for any other text."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    default = _DEFAULT_PORTS.get(parts.scheme)
    if (
        default is None
        or not name
        or "@" in parts.netloc
        or url != f"{url.partition('://')[0]}://{parts.netloc}"
    ):
        return None
    return parts.scheme, name, default if port is None else port
