"""The status of a job as the pages show it."""

from __future__ import annotations

from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.job_state import silent_s
from arkor_dash.protocol.jobs import Job, status_word


def status_text(job: Job | None, feed: FeedSnapshot | None, status: str, now_ms: float) -> str:
    """`Running`, or `No news for 5 min` if the job is silent, see `silent_s`."""
    silence_s = silent_s(job, feed, status, now_ms)
    return status_word(status) if silence_s is None else f"No news for {duration_text(silence_s)}"


def duration_text(seconds: float) -> str:
    """`12 s`, `5 min`, `3 h`, `2 d`: the largest unit that fits, rounded down."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
