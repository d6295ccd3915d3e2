"""Whether new data can still change a job's page, and whether its process goes on."""

from __future__ import annotations

import math
import time

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import Closed, FeedSnapshot, Refused
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.jobs import Job

from .wording import since_last_event_s

LINGERING_AFTER_S = 5.0
"""Seconds after the last event of an ended job in which its process ends as a rule. Nothing is said about it then."""


def is_final(dash: Dashboard, job_id: str, feed: FeedSnapshot) -> bool:
    """Whether the page can't change any more: the job and its stream have ended, or there is no such job.

    Except that the process of an ended job may still run, see `process_runs`.

    False while the list of jobs can't be loaded, since the page shows that error until the list is loaded again.
    """
    if dash.jobs.snapshot().error is not None:
        return False
    if isinstance(feed.connection, Refused) and feed.connection.not_found:
        return True
    ended = job_state(dash.jobs.job(job_id), feed, time.time() * 1000).ended
    return ended and isinstance(feed.connection, (Closed, Refused))


def process_runs(dash: Dashboard, job_id: str) -> bool:
    """Whether the process of the job's run still runs, and a request to cancel the job ends it. Returns at once."""
    runner = dash.source.runner
    return runner is not None and runner.keeps_runs and dash.output is not None and dash.output.runs(job_id)


def lingers_in_s(dash: Dashboard, job: Job | None, feed: FeedSnapshot) -> float:
    """Seconds until the process of an ended job counts as outliving it: 0 if it does, infinite if it won't."""
    now_ms = time.time() * 1000
    if not (job_state(job, feed, now_ms).ended and process_runs(dash, feed.job_id)):
        return math.inf
    age_s = since_last_event_s(feed, now_ms)
    return 0.0 if age_s is None else max(0.0, LINGERING_AFTER_S - age_s)
