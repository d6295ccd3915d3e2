"""Whose jobs a source shows, as the header says it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """`host` is a host with its port, if it has one."""

    mode: str
    org: str | None
    project: str | None
    host: str

    @property
    def label(self) -> str:
        """`<mode> · <org>[ / <project>] · <host>`, as the header of Arkor's own Studio has it."""
        whose = " / ".join(filter(None, (self.org, self.project)))
        return f"{self.mode} · {whose or 'no org'} · {self.host}"


def parse_origin(payload: object, own_host: str) -> Origin | None:
    """The origin in the answer to `GET /api/credentials`; None if it is of another form.

    Args: own_host: stands in where the answer names no address.

    The answer also holds a token of the cloud: nothing of it is looked at, or kept.
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
    usable = isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_WORD
    return value if usable and isinstance(value, str) else None


def _host(url: object) -> str | None:
    """The host of an address, without what may stand before an `@`."""
    try:
        return _word(urlsplit(url).netloc.rpartition("@")[2]) if isinstance(url, str) else None
    except ValueError:
        return None
