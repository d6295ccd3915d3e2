"""The environment variables that say where a run reports to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from arkor_dash.sdk.console import warn

RUN_VARIABLES = ("ARKOR_RUN_URL", "ARKOR_RUN_JOB", "ARKOR_RUN_TOKEN")
FLUSH_S = 60.0
"""How long the end of a run waits for the last events to be delivered. `ARKOR_RUN_FLUSH_S` overrides it."""


@dataclass(frozen=True, slots=True)
class RunEndpoint:
    """The Studio and the job that a run reports to."""

    url: str
    job_id: str
    token: str = field(repr=False)


def names_a_run() -> bool:
    """Whether all of `RUN_VARIABLES` are set, as in a process that the Studio has started."""
    return all(os.environ.get(name) for name in RUN_VARIABLES)


def take_endpoint() -> RunEndpoint | None:
    """The endpoint that `RUN_VARIABLES` describe, or None with a warning that says which are not set.

    The variables are removed from the environment, so that child processes of the training do not report to its job.
    """
    values = [os.environ.pop(name, "") for name in RUN_VARIABLES]
    if all(values):
        return RunEndpoint(*values)
    missing = [name for name, value in zip(RUN_VARIABLES, values, strict=True) if not value]
    warn(f"Not reporting to a Studio ({', '.join(missing)} not set). The training runs anyway.")
    return None


def run_folder() -> Path | None:
    """The run's own folder, `ARKOR_RUN_DIR`. None outside a Studio."""
    folder = os.environ.get("ARKOR_RUN_DIR")
    return Path(folder) if folder else None


def flush_s() -> float:
    """How long the end of a run waits for the last events to be delivered, in seconds."""
    value = os.environ.get("ARKOR_RUN_FLUSH_S", "")
    try:
        return max(0.0, float(value)) if value else FLUSH_S
    except ValueError:
        warn(f"ARKOR_RUN_FLUSH_S must be a number of seconds, got {value!r}. Using {FLUSH_S:g} s.")
        return FLUSH_S
