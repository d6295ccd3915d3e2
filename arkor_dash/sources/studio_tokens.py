"""The token of a Studio: given by the user, or found on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from arkor_dash.errors import SourceError, SourceUnavailableError, UnauthorizedError
from arkor_dash.settings.formats import is_token
from arkor_dash.settings.secret import Secret
from arkor_dash.sources.http.exchange import is_loopback

from .listeners import is_foreign, listening_users
from .page_token import page_token

PAGE_TIMEOUT_S = 2.0
LOOK_AGAIN_S = 1.0
"""Seconds for which a search that found no other token is not repeated."""

TokenProvider = Callable[[], Secret | None]


class Tokens(Protocol):
    """The token of one Studio. Thread-safe."""

    def current(self) -> Secret | None:
        """The token to send; None if there is none. May search for it. Raises: SourceError."""

    def other_than(self, refused: Collection[Secret]) -> Secret | None:
        """The token to send after the Studio has refused these; None if there is none."""

    def known(self) -> object:
        """A value that changes when there may be another token. Does not search. Its `repr` shows no token."""


def token_file(path: Path) -> TokenProvider:
    """A provider of the token in the file at `path`. The file is read each time, since each new Studio replaces it.

    The provider returns None while the file is missing or holds no token.
    """

    def read() -> Secret | None:
        try:
            text = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return Secret(text) if is_token(text) else None

    return read


class ProvidedToken:
    """The Tokens of a provider."""

    def __init__(self, provider: TokenProvider) -> None:
        self.current = self.known = provider

    def other_than(self, refused: Collection[Secret]) -> Secret | None:
        token = self.current()
        return None if token in refused else token


class FoundToken:
    """The Tokens of a Studio for which the user has set no token.

    The token that worked is kept until the Studio refuses it: `file` holds the token of whichever Studio of this user
    started last, and ends with that one. A new token is searched in the Studio's own page, then in `file`. If the
    Studio refuses that as well, the one before is kept: it may only pass on that the cloud refuses a request.

    A program gets its own page's token, or one that it has refused before. It gets the token of `file` only if its
    owner is this user or root, or if the owner is unknown and the user has set this address. A loopback program of
    another user gets none.

    Args: base_url: has no slash at its end. is_configured: whether the user has set this address.
    """

    def __init__(
        self, base_url: str, file: TokenProvider, *, is_configured: bool, timeout_s: float = PAGE_TIMEOUT_S
    ) -> None:
        self._url = base_url
        self._file = file
        self._is_configured = is_configured
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._current: Secret | None = None
        self._before: tuple[Secret, bool] | None = None
        """The token before the current one, and whether it was found in the Studio's page."""
        self._look_again_at = 0.0
        self.is_of_page = False
        """Whether the current token was found in the Studio's page."""

    @property
    def has_token(self) -> bool:
        return self._current is not None

    def current(self) -> Secret | None:
        with self._lock:
            # A program that got the token of `file` may have been replaced by one that must not get it.
            if self._current is None or not (self.is_of_page or self._may_use_file()):
                self._current = self._search(())
            return self._current

    def other_than(self, refused: Collection[Secret]) -> Secret | None:
        with self._lock:
            if self._current not in refused:
                return self._current  # another thread has found it meanwhile
            if time.monotonic() < self._look_again_at:
                return None
            before = None if self._current is None else (self._current, self.is_of_page)
            try:
                found = self._search(refused)
            except SourceError:
                found = None
            if found is None:
                self._look_again_at = time.monotonic() + LOOK_AGAIN_S
                if self._before is not None and self._before[0] in refused:
                    (self._current, self.is_of_page), self._before = self._before, None
            else:
                self._current, self._before = found, before
            return found

    def known(self) -> object:
        return self._current, self._file()

    def _search(self, refused: Collection[Secret]) -> Secret | None:
        """A token that is not in `refused`; None if there is none.

        Raises: UnauthorizedError: the program is another user's. SourceUnavailableError: there is no answer either.
        """
        failure: SourceUnavailableError | None = None
        if is_loopback(self._url):
            server = f"The Studio at {urlsplit(self._url).netloc}"
            if is_foreign(self._users()):
                raise UnauthorizedError(
                    f"{server} belongs to another user of this machine, so no token of yours is sent to it."
                )
            try:
                token = page_token(self._url, server, self._timeout_s)
            except SourceUnavailableError as error:
                token, failure = None, error.with_traceback(None)
            except SourceError:
                token = None
            if token is not None and token not in refused:
                self.is_of_page = True
                return token
        token = self._file() if self._may_use_file() else None
        if token is not None and token not in refused:
            self.is_of_page = False
            return token
        if failure is not None:
            raise failure
        return None

    def _may_use_file(self) -> bool:
        if not is_loopback(self._url):
            return True
        users = self._users()
        return not is_foreign(users) and (bool(users) or self._is_configured)

    def _users(self) -> frozenset[int]:
        """The users whose programs listen at the address."""
        return listening_users(_port(self._url))


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
