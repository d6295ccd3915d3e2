"""Whether new data can still change a job's page, and whether its process goes on."""

from __future__ import annotations

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import Closed, FeedSnapshot, Refused
from arkor_dash.live.job_list import JobListView
from arkor_dash.live.job_state import JobState, since_last_event_s

LINGERING_AFTER_S = 5.0
"""Seconds after the last event of an ended job in which its process ends as a rule. Nothing is said about it then."""


def is_final(listing: JobListView, state: JobState, feed: FeedSnapshot) -> bool:
    """Whether the page can't change any more: the job and its stream have ended, or there is no such job.

    Except that the process of an ended job may still run, see `JobNow.may_run`.

    False while the list of jobs can't be loaded, since the page shows that error until the list is loaded again.
    """
    if listing.error is not None:
        return False
    if isinstance(feed.connection, Refused) and feed.connection.not_found:
        return True
    return state.ended and isinstance(feed.connection, (Closed, Refused))


def process_runs(dash: Dashboard, job_id: str) -> bool:
    """Whether the process of the job's run still runs, and a request to cancel the job ends it. Returns at once."""
    runner = dash.source.runner
    return runner is not None and runner.keeps_runs and dash.output is not None and dash.output.runs(job_id)


def process_lingers(state: JobState, feed: FeedSnapshot, now_ms: float, *, runs: bool) -> bool:
    """Whether the process of an ended job outlives it for so long that the page says so.

    Args: runs: see `process_runs`.
    """
    if not (state.ended and runs):
        return False
    age_s = since_last_event_s(feed, now_ms)
    if age_s is None:  # the stream is still to be read, or had no event
        return isinstance(feed.connection, (Closed, Refused))
    return age_s >= LINGERING_AFTER_S
