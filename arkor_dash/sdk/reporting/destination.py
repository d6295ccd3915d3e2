"""Where a script's run reports to: named by arguments or the environment, else found on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from arkor_dash.errors import ArkorDashError
from arkor_dash.protocol.discovery import StudioRecord, running_studios
from arkor_dash.sdk.console import warn

from .environment import take_reporting
from .script_client import Destination, open_job
from .studio_client import TooLargeError

_RUN = ("ARKOR_RUN_URL", "ARKOR_RUN_JOB", "ARKOR_RUN_TOKEN")


def find_destination(
    name: str, config: Mapping[str, object], url: str | None, token: str | None
) -> Destination | None:
    """A job to report to, or None with one line on stderr that says why.

    In this order: the Studio at `url`; the run that `ARKOR_RUN_*` names; the Studio at `ARKOR_STUDIO_URL`; of the
    Studios of this user that run on this machine, the one whose project holds the working directory, else the newest.
    """
    if url is None and all(os.environ.get(variable) for variable in _RUN):
        return _given()
    failures: list[str] = []
    for at, with_token in _studios(url, token):
        try:
            return _open(at, with_token, name, config)
        except ArkorDashError as error:
            failures.append(f"the Studio at {at}: {error}")
    why = (
        "; ".join(failures)
        or "no Studio was found on this machine; start the dashboard, or pass url and token"
    )
    warn(f"Not reporting ({why}). The training runs all the same.")
    return None


def _given() -> Destination | None:
    reporting = take_reporting()
    folder = os.environ.get("ARKOR_RUN_DIR")
    if reporting is None:
        return None
    return Destination(reporting.url, reporting.job_id, reporting.token, Path(folder) if folder else None)


def _studios(url: str | None, token: str | None) -> Iterator[tuple[str, str]]:
    """Addresses with their tokens, the best first."""
    if url is None:
        # A token of the environment is for the address of the environment, and for no other.
        url, token = os.environ.get("ARKOR_STUDIO_URL"), os.environ.get("ARKOR_STUDIO_TOKEN")
    if not url:
        yield from ((studio.url, studio.token) for studio in _found())
        return
    url = url.rstrip("/")
    yield url, token or next((studio.token for studio in _found() if studio.url == url), "")


def _found() -> list[StudioRecord]:
    try:
        return running_studios(Path.cwd())
    except OSError:  # the working directory is gone
        return running_studios()


def _open(url: str, token: str, name: str, config: Mapping[str, object]) -> Destination:
    try:
        return open_job(url, token, name, config)
    except TooLargeError:
        return open_job(
            url, token, name, {}
        )  # the delivery sends the config once more, and says why it is not taken
