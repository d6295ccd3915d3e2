"""Responses of a JSON API as values: jobs, the job list, and deprecation notices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from arkor_dash.errors import (
    BadAnswerError,
    JobNotFoundError,
    MalformedError,
    RefusedError,
    RunInProgressError,
)
from arkor_dash.protocol.fields import parse_json
from arkor_dash.protocol.jobs import Job, JobList, parse_job, parse_jobs

from .exchange import fetch
from .failures import not_json_error
from .request import Request

T = TypeVar("T")

JOB_ID_LIMIT = 512
NOTICE_LIMIT = 500
ANY_SUCCESS = range(200, 300)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class JsonApi:
    """Sends requests to one source and parses the responses. Thread-safe.

    `deprecation_notice` is the latest one that the source sent; None if it sent none.
    """

    def __init__(self) -> None:
        self.deprecation_notice: str | None = None
        self._latest: tuple[bytes, JobList] | None = None

    def watching_deprecation(self, request: Request) -> Request:
        """The request, set up so that a deprecation notice in the response's headers is kept."""
        return replace(request, on_headers=partial(self._read_headers, request))

    def json(self, request: Request) -> object:
        """The JSON value of the response. Raises: SourceError."""
        return _json(request.server, self._fetch(request))

    def jobs(self, request: Request) -> JobList:
        """The job list. The same object for as long as the response is the same. Raises: SourceError."""
        body = self._fetch(request)
        latest = self._latest
        if latest is not None and latest[0] == body:
            return latest[1]  # 10,000 jobs are 4 MB, and most polls return the same list
        listing = _parsed(request.server, parse_jobs, _json(request.server, body))
        self._latest = (body, listing)
        return listing

    def parsed(self, request: Request, parse: Callable[[object], T]) -> T:
        """`parse` of the JSON value of the response. Raises: SourceError."""
        return _parsed(request.server, parse, self.json(request))

    def job(self, request: Request) -> Job:
        """The job of a `{"job": …}` response. Raises: SourceError."""
        payload = self.json(request)
        return _parsed(request.server, parse_job, payload.get("job") if isinstance(payload, dict) else None)

    def command(self, request: Request) -> None:
        """Send a request that changes a job. Raises: RefusedError: it can't be changed now. SourceError."""
        try:
            self._fetch(replace(request, success=ANY_SUCCESS))
        except RunInProgressError as error:  # a 409, which here refuses the change, not a run
            raise RefusedError(str(error)) from None

    def _fetch(self, request: Request) -> bytes:
        return fetch(self.watching_deprecation(request))

    def _read_headers(self, request: Request, headers: Mapping[str, str]) -> None:
        notice = deprecation_notice(request.server, headers)
        if notice is not None:
            self.deprecation_notice = request.without_secret(notice)


def deprecation_notice(server: str, headers: Mapping[str, str]) -> str | None:
    """The notice in the headers `Deprecation`, `Warning` and `Sunset`, as a few sentences; None if there is none."""
    if headers.get("Deprecation", "false").strip().lower() in {"", "false", "?0"}:
        return None
    quoted = _QUOTED.search(headers.get("Warning", ""))
    warning = re.sub(r"\\(.)", r"\1", quoted[1]).strip()[:NOTICE_LIMIT] if quoted else ""
    parts = [f"{server} will stop supporting this version of the dashboard.", warning]
    try:
        sunset = parsedate_to_datetime(headers.get("Sunset", ""))
    except (ValueError, OverflowError):
        pass
    else:
        parts.append(f"Support ends on {sunset.day} {sunset:%B %Y}.")
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def job_segment(job_id: str) -> str:
    """The id, quoted as one segment of a URL path. Raises: JobNotFoundError: no job can have that id."""
    try:
        segment = quote(job_id, safe="")
    except UnicodeEncodeError:  # lone surrogates
        raise JobNotFoundError(job_id.encode("utf-8", "replace").decode()) from None
    # Dots are not quoted, and a server or a proxy would take them for a relative path.
    if segment in {"", ".", ".."} or len(job_id) > JOB_ID_LIMIT:
        raise JobNotFoundError(job_id)
    return segment


def _json(server: str, body: bytes) -> object:
    try:
        payload = parse_json(body)
    except (ValueError, RecursionError):
        raise not_json_error(server, body) from None
    return payload


def _parsed(server: str, parse: Callable[[object], T], payload: object) -> T:
    try:
        return parse(payload)
    except MalformedError as error:
        raise BadAnswerError(f"{server} sent an answer of an unexpected form: {error}.") from error
