"""The `arkor dev` programs on this machine: which of them answer, and what is in their place."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from arkor_dash.errors import SourceError, SourceUnavailableError, UnauthorizedError
from arkor_dash.sources.http.timeouts import ReadTimeouts

from .listeners import is_foreign, listening_users
from .studio_connection import StudioConnection
from .studio_kinds import ARKOR_DEV
from .studio_tokens import FoundToken, token_file
from .workspace import Origin, parse_origin

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
PROBE_TIMEOUT_S = 2.0
"""How long a survey takes at most. The start of the dashboard waits for it."""
SURVEY_EVERY_S = 20.0


@dataclass(frozen=True, slots=True)
class LocalStudio:
    """An `arkor dev` of this user. `origin`: None if it did not say."""

    url: str
    origin: Origin | None

    @property
    def address(self) -> str:
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Survey:
    """What listens on the ports of `arkor dev`.

    `studios`: in the order of their ports. `problem`: why there is no `arkor dev` on the first port, as a sentence;
    None if there is one, or if nothing listens there. `free_port`: the first port on which nothing listens.
    """

    studios: tuple[LocalStudio, ...] = ()
    problem: str | None = None
    free_port: int | None = None


class LocalStudios:
    """Finds the `arkor dev` programs of this user on `ports`. Thread-safe.

    No program is sent a token that it might not have: see FoundToken.
    """

    def __init__(self, ports: Sequence[int], token_path: Path) -> None:
        self._ports = ports
        self._token = token_file(token_path)
        self._lock = threading.Lock()
        self._in_flight = False
        self._surveyed_at = 0.0
        self._token_then: object = None
        self._latest: Survey | None = None

    def latest(self) -> Survey | None:
        """The latest survey; None if there was none, since the settings name a source."""
        return self._latest

    def survey(self) -> Survey:
        """What listens now. Takes PROBE_TIMEOUT_S at most."""
        self._token_then, self._surveyed_at = self._token(), time.monotonic()
        deadline = self._surveyed_at + PROBE_TIMEOUT_S
        answers: dict[int, LocalStudio | str | None] = dict.fromkeys(self._ports, _NO_ANSWER)

        def probe(port: int) -> None:
            answers[port] = self._probe(port)

        threads = [
            threading.Thread(target=probe, args=(port,), name="probe", daemon=True) for port in self._ports
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        found = dict(answers)  # a probe that takes longer than the survey still writes to `answers`
        first = found[self._ports[0]]
        self._latest = Survey(
            tuple(answer for answer in found.values() if isinstance(answer, LocalStudio)),
            f"Port {self._ports[0]} {first}." if isinstance(first, str) else None,
            next((port for port, answer in found.items() if answer is None), None),
        )
        return self._latest

    def refresh(self, *, is_needed: bool) -> None:
        """Survey again in the background if that is needed or another `arkor dev` has started or ended.

        Does nothing if a survey is running or the latest one is recent, or if there was none yet.
        """
        with self._lock:
            is_recent = time.monotonic() - self._surveyed_at < SURVEY_EVERY_S
            if self._latest is None or self._in_flight or is_recent:
                return
            if not is_needed and self._token() == self._token_then:
                return
            self._in_flight = True
        threading.Thread(target=self._survey_again, name="local-studios", daemon=True).start()

    def _survey_again(self) -> None:
        try:
            self.survey()
        except Exception:
            log.exception("The ports of arkor dev could not be surveyed")
        finally:
            self._in_flight = False

    def _probe(self, port: int) -> LocalStudio | str | None:
        """The `arkor dev` on `port`; else what the port does, as the end of a sentence; None if nothing listens."""
        try:
            socket.create_connection((HOST, port), PROBE_TIMEOUT_S).close()
        except TimeoutError:
            return _NO_ANSWER
        except OSError:
            return None
        if is_foreign(listening_users(port)):
            return "belongs to another user of this machine"
        url = f"http://{HOST}:{port}"
        tokens = FoundToken(url, self._token, is_configured=False, timeout_s=PROBE_TIMEOUT_S / 2)
        connection = StudioConnection(url, tokens, ARKOR_DEV, ReadTimeouts(PROBE_TIMEOUT_S / 2))
        try:
            origin = parse_origin(connection.get_json("/api/credentials"), connection.host)
        except SourceUnavailableError:
            # A page with a token is that of an `arkor dev`, whose answer may have to wait for the cloud.
            return LocalStudio(url, None) if tokens.is_of_page else _NO_ANSWER
        except UnauthorizedError:
            return _NO_TOKEN if tokens.has_token else _NO_STUDIO
        except SourceError:
            return _NO_STUDIO
        return LocalStudio(url, origin) if origin is not None else _NO_STUDIO


_NO_STUDIO = "answers, but not as an arkor dev: another program uses it"
_NO_TOKEN = "answers, but not as an arkor dev of yours: it refuses every token"  # noqa: S105 - a sentence
_NO_ANSWER = "is taken, but its program gives no usable answer"
