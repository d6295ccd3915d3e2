"""A request as a value."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

from arkor_dash.errors import SourceError


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and how its failures are told.

    `who` opens the messages, as in "The Studio at 127.0.0.1:4000". `secret` never appears in one, whatever
    the server answers. `read_timeout_s` is the longest silence; None waits for ever. `not_found` is what a
    404 stands for, `unauthorized` what to do about a 401 or a 403. `success` holds the statuses that are one.
    `heed` is shown the headers of the answer, whatever its status.
    """

    who: str
    method: str
    url: str
    headers: Mapping[str, str | bytes] = field(default_factory=dict, repr=False)
    body: bytes | None = None
    read_timeout_s: float | None = 10.0
    secret: str = field(default="", repr=False)
    not_found: SourceError | None = None
    unauthorized: str = ""
    success: Container[int] = (200,)
    heed: Callable[[Mapping[str, str]], None] | None = None

    def without_secret(self, text: str) -> str:
        """What the server said, fit to be shown."""
        return text.replace(self.secret, "…") if self.secret else text
