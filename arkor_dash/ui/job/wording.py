"""How fresh and how whole a live page is, in words."""

from __future__ import annotations

import math
from datetime import timedelta

from arkor_dash.live.feed import FeedSnapshot, Live, Recovery
from arkor_dash.live.job_state import JobState
from arkor_dash.metrics.progress import Progress
from arkor_dash.protocol.jobs import RUNNING, status_word

NO_NEWS_S = 300.0


def silence_s(feed: FeedSnapshot, now_ms: float) -> float | None:
    """Seconds since the job was last heard of; None if it never was."""
    return None if feed.last_event_at_ms is None else max(0.0, (now_ms - feed.last_event_at_ms) / 1000)


def is_silent(state: JobState, feed: FeedSnapshot, now_ms: float) -> bool:
    """Whether nothing has come of a running job for five minutes, on a stream that is open."""
    silent_s = silence_s(feed, now_ms)
    return (
        state.status == RUNNING
        and isinstance(feed.connection, Live)
        and silent_s is not None
        and silent_s >= NO_NEWS_S
    )


def status_text(state: JobState, feed: FeedSnapshot, now_ms: float) -> str:
    """The status as the page says it: a run of which nothing has come for five minutes is not said to be running."""
    if is_silent(state, feed, now_ms):
        return f"No news for {spoken(silence_s(feed, now_ms) or 0.0)}"
    return status_word(state.status)


def next_word_in_s(feed: FeedSnapshot, now_ms: float) -> float:
    """Seconds until `status_text` may change though nothing comes; infinite where it can't."""
    silent_s = silence_s(feed, now_ms)
    if silent_s is None:
        return math.inf
    return NO_NEWS_S - silent_s if silent_s < NO_NEWS_S else 60.0 - silent_s % 60.0


def spoken(seconds: float) -> str:
    """`12 s`, `5 min`, `3 h`, `2 d`: whole units, rounded down."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def progress_text(progress: Progress) -> str:
    return f"{progress.basis} · {progress.done:.0%}"


def left_text(progress: Progress) -> str | None:
    """The time left, to a second within the hour, else to a minute."""
    if progress.left_s is None:
        return None
    seconds = round(progress.left_s if progress.left_s < 3_600 else progress.left_s // 60 * 60)
    return f"about {timedelta(seconds=seconds)}"


def recovery_text(recovery: Recovery) -> str:
    """What the last reconnection brought back, and what is missing."""
    noun = "event" if recovery.events == 1 else "events"
    text = f"Reconnected: {recovery.events:,} {noun} recovered, "
    if recovery.missing is None:
        return f"{text}and no telling whether one is missing, since this source's events aren't counted."
    if not recovery.missing:
        return f"{text}none missing."
    named = ", ".join(str(number) for number in recovery.missing_ids)
    more = ", …" if recovery.missing > len(recovery.missing_ids) else ""
    return f"{text}{recovery.missing:,} missing: {named}{more}."
