"""The account and project whose jobs a source lists, for the page header."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

WORD_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """The account and project that jobs belong to. `host` includes the port, if there is one."""

    mode: str
    org: str | None
    project: str | None
    host: str

    @property
    def label(self) -> str:
        """`<mode> · <org>[ / <project>] · <host>`, as in the header of Arkor's own Studio."""
        return f"{self.mode} · {self.owner} · {self.host}"

    @property
    def owner(self) -> str:
        """`<org>[ / <project>]`."""
        return " / ".join(filter(None, (self.org, self.project))) or "no org"


def parse_origin(payload: object, own_host: str) -> Origin | None:
    """The origin in the response to `GET /api/credentials`; None if it has an unexpected form.

    The response also holds a cloud token, which is neither read nor kept.
    Args: own_host: the host if the response names no URL.
    """
    if not isinstance(payload, dict):
        return None
    mode = _word(payload.get("mode"))
    if mode is None:
        return None
    return Origin(
        mode,
        _word(payload.get("orgSlug")),
        _word(payload.get("projectSlug")),
        _host(payload.get("baseUrl")) or own_host,
    )


def _word(value: object) -> str | None:
    usable = isinstance(value, str) and value.isprintable() and 0 < len(value) <= WORD_LIMIT
    return value if usable and isinstance(value, str) else None


def _host(url: object) -> str | None:
    """The host and port of a URL, without a user name."""
    try:
        return _word(urlsplit(url).netloc.rpartition("@")[2]) if isinstance(url, str) else None
    except ValueError:
        return None
