"""Requests to a Studio, and the kind and origin of the Studio that answers them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection
from dataclasses import replace
from urllib.parse import urlsplit

from arkor_dash.errors import BadAnswerError, RefusedError, SourceError, UnauthorizedError
from arkor_dash.settings.secret import Secret
from arkor_dash.sources.http.json_api import JsonApi
from arkor_dash.sources.http.request import Request
from arkor_dash.sources.http.timeouts import ReadTimeouts

from .studio_kinds import ARKOR_DEV, OURS, StudioKind
from .studio_tokens import Tokens
from .workspace import Origin, parse_origin

IDENTIFY_TIMEOUT_S = 3.0
"""The read timeout while a Studio is identified. It is short, since a job list that was received waits for it."""
IDENTIFY_AGAIN_S = 60.0
"""Seconds after which a Studio is asked again for its kind and origin, also if it did not answer."""
CANCEL_ANSWERS = frozenset({200, 202, 204, 400, 404, 409, 410})
"""The statuses of the cancel route for a job that does not exist."""

TOKEN_HEADER = "X-Arkor-Studio-Token"  # noqa: S105 - a name


class StudioConnection:
    """Builds the requests to the Studio at `base_url` and identifies it. Thread-safe.

    Args:
        base_url: has no slash at its end.
        tokens: asked for each request, since a Studio that restarts has a new token.
        kind: None: determined by `identify`. Until then the Studio counts as an `arkor dev`, which can do less.
    """

    def __init__(
        self, base_url: str, tokens: Tokens, kind: StudioKind | None, timeouts: ReadTimeouts
    ) -> None:
        self.base_url = base_url
        self.host = urlsplit(base_url).netloc
        self.server = f"The Studio at {self.host}"
        self.tokens = tokens
        self.timeouts = timeouts
        self.api = JsonApi()
        self.known_kind = kind
        self.origin: Origin | None = None
        self.has_cancel_route = False
        self._asked_for_cancel_route = False
        self._kind_is_given = kind is not None
        self._kind_is_settled = self._kind_is_given
        self._identified_token: Secret | None = None
        self._identify_again_at = 0.0

    @property
    def kind(self) -> StudioKind:
        return self.known_kind or ARKOR_DEV

    def request(
        self,
        method: str,
        path: str,
        read_timeout_s: float | None,
        not_found: SourceError | None = None,
        body: bytes | None = None,
    ) -> Request:
        """A request with the current token, which is sent with another one if the Studio refuses that.

        Raises: UnauthorizedError: there is no token. SourceUnavailableError: it was to be read from the Studio.
        """
        token = self.tokens.current()
        advice = self.kind.token_advice
        if token is None:
            raise UnauthorizedError(f"{self.server} needs a token, and there is none. {advice}")
        headers = {TOKEN_HEADER: token.reveal(), "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return Request(
            server=self.server,
            method=method,
            url=f"{self.base_url}{path}",
            headers=headers,
            body=body,
            read_timeout_s=read_timeout_s,
            secret=token.reveal(),
            secret_header=TOKEN_HEADER,
            other_secret=self._other_token,
            not_found=not_found,
            unauthorized=advice,
        )

    def get_json(self, path: str, read_timeout_s: float | None = None) -> object:
        """The JSON value at `path`. Raises: SourceError."""
        timeout_s = self.timeouts.default_s if read_timeout_s is None else read_timeout_s
        return self.api.json(self.request("GET", path, timeout_s))

    def identify(self) -> None:
        """Ask the Studio for its kind and its origin, unless it was asked recently with the same token."""
        now, token = time.monotonic(), self.tokens.current()
        if token != self._identified_token:
            self.forget()
            self._identified_token = token
        if now < self._identify_again_at:
            return
        self._identify_again_at = now + IDENTIFY_AGAIN_S
        self._kind_is_settled = self._kind_is_settled or self.identify_kind()
        self._identify_origin()
        if not (self.kind.is_ours or self._asked_for_cancel_route):
            self._asked_for_cancel_route = self._identify_cancel_route()

    def forget(self) -> None:
        """Make the next `identify` ask again. After a failure, another Studio may answer at the same address."""
        self._kind_is_settled, self._identify_again_at = self._kind_is_given, 0.0
        self._asked_for_cancel_route = False

    def identify_kind(self) -> bool:
        """Ask for the current run, which only our Studio answers. Returns: whether the kind is known now."""
        try:
            payload = self.get_json("/api/train", IDENTIFY_TIMEOUT_S)
        except (BadAnswerError, RefusedError):
            payload = None
        except SourceError:
            return False
        self.known_kind = OURS if isinstance(payload, dict) and "run" in payload else ARKOR_DEV
        return True

    def _other_token(self, refused: Collection[str]) -> str | None:
        token = self.tokens.other_than([Secret(text) for text in refused])
        return None if token is None else token.reveal()

    def _identify_origin(self) -> None:
        try:
            payload = self.get_json("/api/credentials", IDENTIFY_TIMEOUT_S)
        except (BadAnswerError, RefusedError):
            payload = None
        except SourceError:
            return
        self.origin = parse_origin(payload, self.host)

    def _identify_cancel_route(self) -> bool:
        """Ask whether an `arkor dev` can cancel jobs, as one with `--local` can. Returns: whether that is known now.

        It answers no OPTIONS. So it is asked to cancel a job that can't exist: the route answers in JSON that there
        is no such job, and a Studio without the route answers in plain text.
        """
        path = f"/api/jobs/{uuid.uuid4()}/cancel"
        request = self.request("POST", path, IDENTIFY_TIMEOUT_S, body=b"{}")
        try:
            payload = self.api.json(replace(request, success=CANCEL_ANSWERS))
        except (BadAnswerError, RefusedError):
            payload = None
        except SourceError:
            return False
        self.has_cancel_route = isinstance(payload, dict) and not payload.keys().isdisjoint({"error", "job"})
        return True
