"""Where a run reports to, read from the environment variables that the Studio sets."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from arkor_dash.sdk.console import warn

FLUSH_S = 60.0
"""How long a run's end waits for the Studio to take the last events; `ARKOR_RUN_FLUSH_S` overrides it."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """Where a run reports to, from the environment that a Studio gives it."""

    url: str
    job_id: str
    token: str = field(repr=False)
    flush_s: float


def take_reporting() -> Reporting | None:
    """What `ARKOR_RUN_*` holds, or None with a line that says so.

    The three are removed from the environment, so that nothing the training starts reports to the same job.
    """
    names = ("ARKOR_RUN_URL", "ARKOR_RUN_JOB", "ARKOR_RUN_TOKEN")
    url, job_id, token = (os.environ.pop(name, "") for name in names)
    if url and job_id and token:
        return Reporting(url, job_id, token, flush_s())
    missing = [name for name, value in zip(names, (url, job_id, token), strict=True) if not value]
    warn(f"Not reporting to a Studio ({', '.join(missing)} not set). The training runs all the same.")
    return None


def flush_s() -> float:
    """How long a run's end waits for the Studio to take the last events."""
    held = os.environ.get("ARKOR_RUN_FLUSH_S", "")
    try:
        return max(0.0, float(held)) if held else FLUSH_S
    except ValueError:
        warn(f"ARKOR_RUN_FLUSH_S is {held!r}, but must be a number of seconds; {FLUSH_S:g} it is.")
        return FLUSH_S
