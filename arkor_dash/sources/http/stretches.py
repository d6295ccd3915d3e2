"""The events of a job in columns, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import requests

from arkor_dash.columns.stretch_stream import LAST_ID_HEADER, MEDIA_TYPE, read_stretches
from arkor_dash.errors import BadAnswerError, MalformedError

from .request import Request
from .streams import HttpStream, read_number

if TYPE_CHECKING:
    from arkor_dash.columns.stretch import Stretch


class HttpStretches(HttpStream):
    """A StretchStream. `after` is the id of the event after which the stretches are asked for."""

    def __init__(self, request: Request, after: int) -> None:
        super().__init__(request)
        self._after = after
        self._last_id: int | None = None

    @property
    def last_id(self) -> int | None:
        return self._last_id

    def __iter__(self) -> Iterator[Stretch]:
        try:
            yield from read_stretches(self._exchange.pieces(), self._after)
        except MalformedError as error:
            raise BadAnswerError(f"{self._server} sent events in an unexpected form: {error}.") from error

    def _check(self, response: requests.Response) -> None:
        self._require(response, MEDIA_TYPE, "events in columns")
        self._last_id = read_number(response.headers.get(LAST_ID_HEADER))
