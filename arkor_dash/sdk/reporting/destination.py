"""Finds the Studio that a script's run reports to, and opens a job there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from arkor_dash.errors import ArkorDashError
from arkor_dash.protocol.addresses import shown_address
from arkor_dash.protocol.discovery import StudioRecord, running_studios
from arkor_dash.sdk.console import warn

from .environment import names_a_run, run_folder, take_endpoint
from .script_client import Destination, open_job
from .studio_client import TooLargeError


def find_destination(
    name: str,
    config: Mapping[str, object],
    url: str | None,
    token: str | None,
    *,
    output: bool = False,
) -> Destination | None:
    """The job to report to, or None with a warning that says why there is none.

    These are tried in order: the Studio at `url`; the run that the environment describes (`ARKOR_RUN_…`); the Studio
    at `ARKOR_STUDIO_URL`; the Studios of this user on this machine, best first as `running_studios` sorts them.
    Args: output: whether the script's output is to be sent to the job, too.
    """
    if url is None and names_a_run():
        return _from_environment()
    failures: list[str] = []
    for studio_url, studio_token in candidates(url, token):
        try:
            return _open(studio_url, studio_token, name, config, output)
        except ArkorDashError as error:
            failures.append(f"the Studio at {shown_address(studio_url)}: {error}")
    reason = "; ".join(failures) or "no dashboard was found on this machine. Start one, or pass url and token"
    warn(f"Not reporting: {reason}. The training runs anyway.")
    return None


def _from_environment() -> Destination | None:
    endpoint = take_endpoint()
    return Destination(endpoint.url, endpoint.job_id, endpoint.token, run_folder()) if endpoint else None


def candidates(url: str | None, token: str | None) -> Iterator[tuple[str, str]]:
    """URLs of Studios with their tokens, best first."""
    if url is None:
        # The two variables belong together: this token is never sent to another URL.
        url, token = os.environ.get("ARKOR_STUDIO_URL"), os.environ.get("ARKOR_STUDIO_TOKEN")
    if not url:
        yield from ((studio.url, studio.token) for studio in _local_studios())
        return
    url = url.rstrip("/")
    yield url, token or next((studio.token for studio in _local_studios() if studio.url == url), "")


def _local_studios() -> list[StudioRecord]:
    try:
        return running_studios(Path.cwd())
    except OSError:  # the working directory was removed
        return running_studios()


def _open(url: str, token: str, name: str, config: Mapping[str, object], output: bool) -> Destination:
    try:
        return open_job(url, token, name, config, output=output)
    except TooLargeError:
        # The config is sent again with the events, and the refusal is reported there.
        return open_job(url, token, name, {}, output=output)
