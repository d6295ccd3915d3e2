"""A job at one moment, for the tests of its page's parts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from arkor_dash.live.job_list import JobListView
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.job.job_now import JobNow


def moment(job: Job | None, feed: Any, now_ms: float, listing: JobListView | None = None) -> JobNow:
    """The job, of which nobody has asked anything, and whose process does not run."""
    return JobNow(
        dash=SimpleNamespace(),
        job_id=job.id if job else "job_1",
        job=job,
        feed=feed,
        state=job_state(job, feed, now_ms),
        listing=listing or JobListView(),
        is_cancelling=False,
        runs=False,
        may_run=False,
        lingers=False,
        cancel_problem=None,
        now_ms=now_ms,
    )
