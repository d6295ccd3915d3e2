"""Limits on the websockets that clients hold open on the wake route.

A socket costs 24 kB. It waits until its client has named a page, then it is one of that page's sockets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from anyio import CancelScope

MOST_SOCKETS = 2_000
MOST_WAITING = 500
MOST_WAITING_OF_PEER = 100
"""Sockets of one address that have not named a page yet. All viewers behind a proxy have the same address."""
MOST_OF_PAGE = 2
"""A browser that reconnects has two, until its lost one has been noticed."""


class SocketLimits:
    """Counts the open sockets. Not thread-safe: the event loop calls it."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._pages: dict[str, list[CancelScope]] = {}

    def takes(self, peer: str) -> bool:
        """Whether the address may open another socket."""
        waiting = self._waiting.total()
        served = sum(map(len, self._pages.values()))
        return (
            waiting + served < MOST_SOCKETS
            and waiting < MOST_WAITING
            and self._waiting[peer] < MOST_WAITING_OF_PEER
        )

    @contextmanager
    def waiting(self, peer: str) -> Iterator[None]:
        """Count a socket that has not named a page yet."""
        self._waiting[peer] += 1
        try:
            yield
        finally:
            self._waiting[peer] -= 1
            if not self._waiting[peer]:
                del self._waiting[peer]

    @contextmanager
    def of_page(self, token: str) -> Iterator[CancelScope]:
        """Count a socket of a page. If the page has too many, its oldest one is cancelled."""
        scopes = self._pages.setdefault(token, [])
        with CancelScope() as scope:
            scopes.append(scope)
            if len(scopes) > MOST_OF_PAGE:
                scopes[0].cancel()
            try:
                yield scope
            finally:
                scopes.remove(scope)
                if not scopes:
                    self._pages.pop(token, None)
