"""A job as it is at one moment: what the list says, what its stream has said, and what follows from both."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedSnapshot, Interrupted, Live, Refused
from arkor_dash.live.job_list import JobListView
from arkor_dash.live.job_state import JobState, job_state, silent_s
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.status_text import status_text

from .job_end import process_lingers, process_runs


@dataclass(frozen=True, slots=True, eq=False)
class JobNow:
    """A job at `now_ms`, in Unix milliseconds.

    `job` is None if the list does not hold it. `is_cancelling`: a viewer of this dashboard has asked to
    cancel it. `runs`: its process still runs, see `process_runs`. `may_run`: it does, or the source has
    yet to say which process runs. `lingers`: it runs, long after the job's end. `cancel_problem` says why a request
    to cancel it has failed.
    """

    dash: Dashboard
    job_id: str
    job: Job | None
    feed: FeedSnapshot
    state: JobState
    listing: JobListView
    is_cancelling: bool
    runs: bool
    may_run: bool
    lingers: bool
    cancel_problem: str | None
    now_ms: float

    @property
    def lost_since_ms(self) -> float | None:
        """Since when the source does not answer, in Unix milliseconds; None if it does."""
        return self.listing.lost_since_ms(self.now_ms)

    @property
    def stream_is_interrupted(self) -> bool:
        """Whether the job's events can't be read, which its page says in a banner."""
        return isinstance(self.feed.connection, (Interrupted, Refused))

    @property
    def is_going_on(self) -> bool:
        """Whether the run's events arrive, so that its pace says when it will end."""
        is_silent = silent_s(self.job, self.feed, self.state.status, self.now_ms) is not None
        is_heard = self.lost_since_ms is None and isinstance(self.feed.connection, Live)
        return not self.state.ended and is_heard and not is_silent

    @property
    def status_text(self) -> str:
        """The status as the page shows it."""
        return status_text(self.job, self.feed, self.state.status, self.now_ms)


def job_now(dash: Dashboard, job_id: str) -> JobNow:
    """The job as it is now. Any thread may call this; it waits for nothing and keeps the job's feed open."""
    now_ms, listing = time.time() * 1000, dash.jobs.snapshot()
    job, feed = dash.jobs.job(job_id), dash.feeds.acquire(job_id).snapshot()
    is_cancelling = dash.cancellations.is_requested(job_id)
    state = job_state(job, feed, now_ms, cancelling=is_cancelling)
    exists = job is not None or feed.facts.started or feed.facts.terminal
    if not exists and not listing.loaded:
        state = replace(state, status="unknown")
    is_asked = (
        dash.output is not None and dash.output.is_asking()
    )  # before `runs`: the answer may come just now
    runs = process_runs(dash, job_id)
    return JobNow(
        dash=dash,
        job_id=job_id,
        job=job,
        feed=feed,
        state=state,
        listing=listing,
        is_cancelling=is_cancelling,
        runs=runs,
        may_run=runs or is_asked,
        lingers=process_lingers(state, feed, now_ms, runs=runs),
        cancel_problem=dash.cancellations.error(job_id),
        now_ms=now_ms,
    )
