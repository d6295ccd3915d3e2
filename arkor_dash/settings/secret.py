"""Secrets, and checks of the texts that carry them."""

from __future__ import annotations

import hmac
from typing import NoReturn
from urllib.parse import urlsplit


class Secret:
    """A text that shows itself to no one who does not ask for it: not by repr, str or pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be stored")


def is_address(text: str) -> bool:
    """Whether the text is an http or https address that can be put before a path."""
    if any(character in text for character in "@?# ") or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_token(text: str) -> bool:
    """Whether a header can carry the text."""
    return bool(text) and text.isascii() and text.isprintable()
