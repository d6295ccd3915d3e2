"""An HTTP request as a value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from arkor_dash.errors import SourceError


@dataclass(frozen=True, slots=True)
class Request:
    """A request, and how to report its failure.

    `server`: the server as error messages name it, such as "The Studio at 127.0.0.1:4000".
    `read_timeout_s`: the longest wait for the next bytes; None: no limit.
    `secret`: removed from every text of the server that is shown.
    `secret_header`: the header that holds `secret`.
    `other_secret`: called after a 401 or a 403, with the secrets that were sent. It returns another one, with which
    the request is sent again, or None.
    `not_found`: the error to raise for a 404. `unauthorized`: the advice in the message for a 401 or a 403.
    `success`: the statuses that are not an error.
    `on_headers`: called with the response's headers, whatever the status.
    """

    server: str
    method: str
    url: str
    headers: Mapping[str, str | bytes] = field(default_factory=dict, repr=False)
    body: bytes | None = None
    read_timeout_s: float | None = 10.0
    secret: str = field(default="", repr=False)
    secret_header: str = ""
    other_secret: Callable[[Collection[str]], str | None] | None = field(default=None, repr=False)
    not_found: SourceError | None = None
    unauthorized: str = ""
    success: Container[int] = (200,)
    on_headers: Callable[[Mapping[str, str]], None] | None = None

    def without_secret(self, text: str) -> str:
        """A text from the server, safe to show."""
        return text.replace(self.secret, "…") if self.secret else text

    def with_secret(self, secret: str) -> Self:
        """The same request with another secret."""
        return replace(self, headers={**self.headers, self.secret_header: secret}, secret=secret)
