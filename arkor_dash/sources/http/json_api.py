"""A source's answers, read as the values they stand for, and what they say beside those."""

from __future__ import annotations

import json
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
    RejectedError,
    RunInProgressError,
)
from arkor_dash.protocol.jobs import Job, JobList, parse_job, parse_jobs

from .exchange import fetch
from .failures import not_json
from .request import Request

T = TypeVar("T")

LONGEST_JOB_ID = 512
NOTICE_LIMIT = 500
ANY_SUCCESS = range(200, 300)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Answers:
    """The answers of one source. `notice` is what they said of an end that is near, None if nothing."""

    def __init__(self) -> None:
        self.notice: str | None = None
        self._latest: tuple[bytes, JobList] | None = None

    def heeding(self, request: Request) -> Request:
        """The request, with what its answer says of deprecation kept in `notice`."""
        return replace(request, heed=partial(self._heed, request))

    def json(self, request: Request) -> object:
        """The JSON value of the answer. Raises: SourceError."""
        return _json(request.who, fetch(self.heeding(request)))

    def jobs(self, request: Request) -> JobList:
        """The list of jobs; the same object as long as the answer is the same. Raises: SourceError."""
        body = fetch(self.heeding(request))
        latest = self._latest
        if latest is not None and latest[0] == body:
            return latest[1]  # ten thousand jobs are 4 MB, and most polls bring nothing new
        listing = _parsed(request.who, parse_jobs, _json(request.who, body))
        self._latest = (body, listing)
        return listing

    def job(self, request: Request) -> Job:
        """The job of a `{"job": …}` answer. Raises: SourceError."""
        payload = self.json(request)
        return _parsed(request.who, parse_job, payload.get("job") if isinstance(payload, dict) else None)

    def cancelled(self, request: Request) -> None:
        """Nothing, once the source has accepted the request to cancel. Raises: SourceError."""
        try:
            fetch(self.heeding(replace(request, success=ANY_SUCCESS)))
        except RunInProgressError as error:  # what a 409 stands for elsewhere; here, that the job has ended
            raise RejectedError(str(error)) from None

    def _heed(self, request: Request, headers: Mapping[str, str]) -> None:
        text = deprecation(request.who, headers)
        if text is not None:
            self.notice = request.without_secret(text)


def deprecation(who: str, headers: Mapping[str, str]) -> str | None:
    """What the `Deprecation`, `Warning` and `Sunset` headers say, in a sentence or two; None if nothing."""
    if headers.get("Deprecation", "false").strip().lower() in {"", "false", "?0"}:
        return None
    said = _QUOTED.search(headers.get("Warning", ""))
    words = re.sub(r"\\(.)", r"\1", said[1]).strip()[:NOTICE_LIMIT] if said else ""
    parts = [f"{who} is about to stop serving this version of the dashboard.", words]
    try:
        ends = parsedate_to_datetime(headers.get("Sunset", ""))
    except (ValueError, OverflowError):
        pass
    else:
        parts.append(f"It ends on {ends.day} {ends:%B %Y}.")
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def job_segment(job_id: str) -> str:
    """The id as one segment of a path, whatever it holds. Raises: JobNotFoundError: no job can have it."""
    try:
        segment = quote(job_id, safe="")
    except UnicodeEncodeError:  # lone surrogates
        raise JobNotFoundError(job_id.encode("utf-8", "replace").decode()) from None
    # Dots stand as they are when quoted, and a server or a proxy would climb by them.
    if segment in {"", ".", ".."} or len(job_id) > LONGEST_JOB_ID:
        raise JobNotFoundError(job_id)
    return segment


def _json(who: str, body: bytes) -> object:
    try:
        payload: object = json.loads(body)
    except (ValueError, RecursionError):
        raise not_json(who, body) from None
    return payload


def _parsed(who: str, parse: Callable[[object], T], payload: object) -> T:
    try:
        return parse(payload)
    except MalformedError as error:
        raise BadAnswerError(f"{who} answered in another form: {error}.") from error
