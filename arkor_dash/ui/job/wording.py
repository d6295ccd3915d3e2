"""The texts of a job's page on its status, its progress, its last event, and events that are missing."""

from __future__ import annotations

from datetime import timedelta

from arkor_dash.live.feed import FeedSnapshot, Live, Recovery
from arkor_dash.live.job_state import JobState
from arkor_dash.metrics.progress import Progress
from arkor_dash.protocol.jobs import RUNNING, status_word

SILENT_AFTER_S = 300.0
"""After so many seconds without an event, a running job is no longer shown as running."""


def since_last_event_s(feed: FeedSnapshot, now_ms: float) -> float | None:
    """Seconds since the last event of the stream, >= 0; None if there was none."""
    return None if feed.last_event_at_ms is None else max(0.0, (now_ms - feed.last_event_at_ms) / 1000)


def is_silent(state: JobState, feed: FeedSnapshot, now_ms: float) -> bool:
    """Whether a running job has sent nothing for `SILENT_AFTER_S` although its stream is open."""
    age_s = since_last_event_s(feed, now_ms)
    return (
        state.status == RUNNING
        and isinstance(feed.connection, Live)
        and age_s is not None
        and age_s >= SILENT_AFTER_S
    )


def status_text(state: JobState, feed: FeedSnapshot, now_ms: float) -> str:
    """The status to show: `Running`, or `No news for 5 min` if the job is silent."""
    if is_silent(state, feed, now_ms):
        return f"No news for {duration_text(since_last_event_s(feed, now_ms) or 0.0)}"
    return status_word(state.status)


def duration_text(seconds: float) -> str:
    """`12 s`, `5 min`, `3 h`, `2 d`: the largest unit that fits, rounded down."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def progress_text(progress: Progress) -> str:
    """`640 of 1,200 steps · 53%`."""
    return f"{progress.basis} · {progress.done:.0%}"


def time_left_text(progress: Progress) -> str | None:
    """`about 0:01:12`: exact to a second below an hour, else to a minute; None if unknown."""
    if progress.left_s is None:
        return None
    seconds = round(progress.left_s if progress.left_s < 3_600 else progress.left_s // 60 * 60)
    return f"about {timedelta(seconds=seconds)}"


def recovery_text(recovery: Recovery) -> str:
    """How many events the last reconnection recovered, and which are missing."""
    noun = "event" if recovery.events == 1 else "events"
    text = f"Reconnected: {recovery.events:,} {noun} recovered"
    if recovery.missing is None:
        return f"{text}. This source does not number its events, so a missing one can't be detected."
    if not recovery.missing:
        return f"{text}, none missing."
    named = ", ".join(str(number) for number in recovery.missing_ids)
    more = ", …" if recovery.missing > len(recovery.missing_ids) else ""
    return f"{text}, {recovery.missing:,} missing: {named}{more}."
