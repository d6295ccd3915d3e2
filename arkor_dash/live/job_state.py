"""The state of a job, from the polled list and from its stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from arkor_dash.protocol.jobs import CANCELLED, CANCELLING, COMPLETED, FAILED, QUEUED, RUNNING, TERMINAL, Job

from .feed import FeedSnapshot, Live, StreamFacts, Terminal

SILENT_AFTER_S = 300.0
"""After so many seconds without an event, a running job is no longer shown as running."""
CANCELLED_ERROR = "job cancelled"
"""The error, in lower case, with which `arkor dev --local` streams a cancellation. It has no event for one."""


@dataclass(frozen=True, slots=True)
class JobState:
    """The state of a job at one moment. Times are Unix milliseconds.

    `ended` says that the status is a terminal one. `duration_s` is None for a job that has not started, and otherwise
    at least 0. `artifacts` is the number of final artifacts, None if unknown. `error` is None unless the job failed.
    """

    status: str
    ended: bool
    duration_s: float | None
    started_at_ms: float | None
    completed_at_ms: float | None
    error: str | None
    artifacts: int | None


def job_state(
    job: Job | None, feed: FeedSnapshot | None, now_ms: float, *, cancelling: bool = False
) -> JobState:
    """The state of a job at `now_ms`, from the polled job and its stream. Either may be None.

    The status is the first of these that is known: the terminal event of the stream, where a failure may stand for a
    cancellation (`ended_as`); a polled terminal status;
    `cancelling`, reported by the source or requested here (`cancelling`); `running` after the stream's
    `training.started`; the polled status; `queued`. Start and end are the polled times, or else those of the events.
    """
    facts = feed.facts if feed else StreamFacts()
    status = _status(job, facts, cancelling=cancelling)
    ended = status in TERMINAL
    started_at_ms = _ms(job.started_at if job else None, facts.started_at_ms)
    completed_at_ms = None
    if ended:
        completed_at_ms = _ms(
            job.completed_at if job else None, facts.terminal.at_ms if facts.terminal else None
        )
    return JobState(
        status=status,
        ended=ended,
        duration_s=_duration_s(started_at_ms, completed_at_ms if ended else now_ms),
        started_at_ms=started_at_ms,
        completed_at_ms=completed_at_ms,
        error=_error(job, facts) if status == FAILED else None,
        artifacts=facts.artifacts if status == COMPLETED else None,
    )


def since_last_event_s(feed: FeedSnapshot, now_ms: float) -> float | None:
    """Seconds since the last event of the stream, >= 0; None if there was none."""
    return None if feed.last_event_at_ms is None else max(0.0, (now_ms - feed.last_event_at_ms) / 1000)


def silent_s(job: Job | None, feed: FeedSnapshot | None, status: str, now_ms: float) -> float | None:
    """Seconds without an event of a running job, if it is silent: for `SILENT_AFTER_S`, although its source answers.

    Args: feed: its stream, None if nobody reads it. Then it counts what the source says in the list of jobs.
    """
    if status != RUNNING:
        return None
    if feed is None or feed.last_event_at_ms is None:
        since_ms = _ms(job.silent_since if job else None, None)
        age_s = None if since_ms is None else (now_ms - since_ms) / 1000
    else:
        age_s = since_last_event_s(feed, now_ms) if isinstance(feed.connection, Live) else None
    return age_s if age_s is not None and age_s >= SILENT_AFTER_S else None


def _status(job: Job | None, facts: StreamFacts, *, cancelling: bool) -> str:
    if facts.terminal:
        return ended_as(facts.terminal, job)
    if job and job.status in TERMINAL:
        return job.status
    if cancelling or (job and job.status == CANCELLING):
        return CANCELLING
    if facts.started:
        return RUNNING
    return job.status if job else QUEUED


def ended_as(terminal: Terminal, job: Job | None) -> str:
    """The status of a job whose stream has a terminal event.

    A source without an event for cancellations streams a failure instead. It stands for a cancellation if the source
    lists the job as cancelled, or says so in the error and does not list the job as failed.
    """
    listed = job.status if job else None
    says_so = (terminal.error or "").strip().rstrip(".").lower() == CANCELLED_ERROR
    if terminal.status == FAILED and (listed == CANCELLED or (says_so and listed != FAILED)):
        return CANCELLED
    return terminal.status


def _duration_s(started_at_ms: float | None, until_ms: float | None) -> float | None:
    """At least 0, even if this machine's clock is behind the server's."""
    if started_at_ms is None or until_ms is None:
        return None
    return max(0.0, (until_ms - started_at_ms) / 1000)


def _error(job: Job | None, facts: StreamFacts) -> str | None:
    streamed = facts.terminal.error if facts.terminal else None
    return streamed or (job.error if job else None)


def _ms(polled: datetime | None, event_ms: float | None) -> float | None:
    return event_ms if polled is None else polled.timestamp() * 1000
