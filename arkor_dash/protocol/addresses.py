"""Addresses (URLs) as they may be shown: without what can hold a password, a token or a signature.

It uses the standard library only, so that importing the SDK stays fast.
"""

from __future__ import annotations

import re
from collections.abc import Callable

CUT = "…"
"""Stands for each part that is not shown."""

_SCHEME = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_AFTER_SCHEME = re.compile(r"""(?<=:)//[^\s"<>]*""")
_HOST_AND_PORT = re.compile(r"(?:\[[^\]]*\]?|[^:]*)(?::\d*)?")


def shown_address(address: str) -> str:
    """The address without its user info, query and fragment: `https://…@host/path?…`.

    A password may hold a `/`, `?`, `#` or `@` that should have been encoded. Where what looks like the host could be
    the start of one, the host is not shown either. The scheme may be missing.
    """
    start = _SCHEME.match(address)
    scheme, rest = (start[0], address[start.end() :]) if start else ("", address)
    path_at = _first(rest, "/\\?#")
    _, at, host = rest[:path_at].rpartition("@")
    path = rest[path_at:]
    if not _HOST_AND_PORT.fullmatch(host) or (not at and ":" in host and "@" in path):
        return f"{scheme}{CUT}"
    cut_at = _first(path, "?#")
    mark = path[cut_at : cut_at + 1]
    return f"{scheme}{CUT if at else ''}{at}{host}{path[:cut_at]}{mark}{CUT if mark else ''}"


def hide_in_addresses(text: str) -> str:
    """The text with each address in it as `shown_address` returns it."""
    return map_addresses(text, shown_address)


def map_addresses(text: str, change: Callable[[str], str]) -> str:
    """The text with each address in it changed. A text that begins with an address is one, spaces included.

    Of an address further on, `change` gets what follows the colon of its scheme.
    """
    if _SCHEME.match(text):
        return change(text)
    return _AFTER_SCHEME.sub(lambda found: change(found[0]), text)


def _first(text: str, characters: str) -> int:
    """The position of the first of the characters; the length of the text if it has none."""
    return min((position for each in characters if (position := text.find(each)) >= 0), default=len(text))
