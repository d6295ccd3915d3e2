"""Whether new data can still change a job's page."""

from __future__ import annotations

import time

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import Closed, FeedSnapshot, Refused
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.jobs import Job


def listed_job(dash: Dashboard, job_id: str) -> Job | None:
    """The job in the latest list; None if the list does not hold it."""
    return next((job for job in dash.jobs.snapshot().jobs if job.id == job_id), None)


def is_final(dash: Dashboard, job_id: str, feed: FeedSnapshot) -> bool:
    """Whether the page can't change any more: the job and its stream have ended, or there is no such job.

    False while the list of jobs can't be loaded, since the page shows that error until the list is loaded again.
    """
    if dash.jobs.snapshot().error is not None:
        return False
    if isinstance(feed.connection, Refused) and feed.connection.not_found:
        return True
    ended = job_state(listed_job(dash, job_id), feed, time.time() * 1000).ended
    return ended and isinstance(feed.connection, (Closed, Refused))
