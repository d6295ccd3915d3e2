"""Reads the events of a job from the Studio that has it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from arkor_dash.errors import (
    BadAnswerError,
    JobNotFoundError,
    MalformedError,
    SourceError,
    SourceUnavailableError,
    UnauthorizedError,
)
from arkor_dash.protocol.addresses import shown_address
from arkor_dash.protocol.events import Event, parse_event

from .reporting.destination import candidates
from .reporting.studio_client import StudioClient, Timeouts

TIMEOUTS = Timeouts(connect_s=3.0, read_s=60.0)


def read_events(job_id: str, url: str | None, token: str | None) -> Iterator[Event]:
    """The events of the job so far. An event that can't be read is left out.

    Raises: JobNotFoundError: none of the Studios has the job. SourceError: there is no Studio, or one can't be read.
    """
    studios = list(candidates(url, token))
    if not studios:
        raise SourceUnavailableError(
            "No dashboard was found on this machine. Start one, or pass url and token to open_job."
        )
    if "/" in job_id or not job_id.strip("."):  # it would lead to another address
        raise JobNotFoundError(job_id)
    failures = []
    for studio_url, studio_token in studios:
        client = _EventReader(studio_url, job_id, studio_token, TIMEOUTS)
        try:
            return _parsed(client.lines())
        except JobNotFoundError:
            continue
        except SourceError as error:
            failures.append(f"the Studio at {shown_address(studio_url)}: {error}")
        finally:
            client.close()
    if failures:
        raise SourceError(f"Job {job_id!r} could not be read: {'; '.join(failures)}.")
    raise JobNotFoundError(job_id)


class _EventReader(StudioClient):
    def lines(self) -> list[bytes]:
        """An event a line, as JSON."""
        response = self._request("GET", f"{self._job_url}/events.jsonl", b"")
        if response.status_code in (401, 403):
            raise UnauthorizedError(f"it refuses the token (HTTP {response.status_code})")
        self._checked(response)
        return response.content.splitlines()


def _parsed(lines: list[bytes]) -> Iterator[Event]:
    for text in lines:
        try:
            entry = json.loads(text)
            event = parse_event(entry["event"], json.dumps(entry["data"]))
        except MalformedError:
            continue
        except (ValueError, KeyError, TypeError) as error:
            raise BadAnswerError("The Studio's answer is not a list of events.") from error
        if event is not None:
            yield event
