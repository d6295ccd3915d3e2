"""Checks of the texts that settings and credential files hold."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_EMAIL = re.compile(r"[^\s@*:]+@[^\s@*:/]+")


def is_base_url(text: str) -> bool:
    """Whether the text is an http or https URL to which a path can be appended. It may hold no user name."""
    if any(character in text for character in "@?# ") or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_token(text: str) -> bool:
    """Whether the text can be sent in an HTTP header."""
    return bool(text) and text.isascii() and text.isprintable()


def is_email(text: str) -> bool:
    """Whether the text has the form of one e-mail address. A `*` is refused, since it would look like a pattern."""
    return _EMAIL.fullmatch(text) is not None
