"""The state of a job, from the polled list and from its stream."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from arkor_dash.live.feed import FeedSnapshot, Terminal
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.jobs import Job

from .feed.snapshots import feed_snapshot

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
START_MS = START.timestamp() * 1000
NOW_MS = START_MS + 90_000


def polled(status: str, **fields: object) -> Job:
    return Job("job_1", "one", status, **fields)  # type: ignore[arg-type]


COMPLETED = Terminal("completed", START_MS + 60_000)
CANCELLED = Terminal("cancelled", START_MS + 50_000)
JOB_CANCELLED = Terminal("failed", START_MS + 40_000, "Job cancelled")
FAILED = Terminal("failed", START_MS + 30_000, "Out of memory")


@pytest.mark.parametrize(
    ("job", "feed", "status"),
    [
        (None, None, "queued"),
        (None, feed_snapshot(), "queued"),
        (polled("running"), None, "running"),
        (polled("paused"), feed_snapshot(), "paused"),
        (polled("queued"), feed_snapshot(started=True), "running"),
        (polled("paused"), feed_snapshot(started=True), "running"),
        (polled("cancelled"), feed_snapshot(started=True), "cancelled"),
        (polled("failed"), feed_snapshot(started=True), "failed"),
        (polled("running"), feed_snapshot(started=True, terminal=COMPLETED), "completed"),
        (polled("cancelled"), feed_snapshot(started=True, terminal=COMPLETED), "completed"),
        (polled("cancelling"), feed_snapshot(started=True), "cancelling"),
        (polled("cancelling"), None, "cancelling"),
        (polled("cancelling"), feed_snapshot(started=True, terminal=CANCELLED), "cancelled"),
        (polled("running"), feed_snapshot(started=True, terminal=CANCELLED), "cancelled"),
        (polled("completed"), feed_snapshot(terminal=FAILED), "failed"),
        (None, feed_snapshot(terminal=FAILED), "failed"),
        (None, feed_snapshot(started=True, terminal=JOB_CANCELLED), "cancelled"),
        (polled("running"), feed_snapshot(started=True, terminal=JOB_CANCELLED), "cancelled"),
        (polled("cancelled", error="Job cancelled"), feed_snapshot(terminal=JOB_CANCELLED), "cancelled"),
        (polled("cancelled"), feed_snapshot(terminal=FAILED), "cancelled"),
        (polled("failed", error="Job cancelled"), feed_snapshot(terminal=JOB_CANCELLED), "failed"),
        (
            polled("running"),
            feed_snapshot(terminal=replace(FAILED, error="Job cancelled by the trainer")),
            "failed",
        ),
        (polled("unfinished"), feed_snapshot(terminal=JOB_CANCELLED), "cancelled"),
    ],
)
def test_the_status_is_the_most_authoritative_one(
    job: Job | None, feed: FeedSnapshot | None, status: str
) -> None:
    state = job_state(job, feed, NOW_MS)

    assert state.status == status
    assert state.ended == (status in {"completed", "failed", "cancelled"})


def test_a_requested_cancellation_is_shown_until_the_job_has_ended() -> None:
    going = feed_snapshot(started=True)
    assert job_state(polled("running"), going, NOW_MS, cancelling=True).status == "cancelling"
    assert not job_state(polled("running"), going, NOW_MS, cancelling=True).ended
    assert job_state(polled("cancelled"), going, NOW_MS, cancelling=True).status == "cancelled"
    assert job_state(None, feed_snapshot(terminal=COMPLETED), NOW_MS, cancelling=True).status == "completed"


def test_the_duration_grows_from_the_polled_start_or_else_from_the_events() -> None:
    assert job_state(polled("running", started_at=START), None, NOW_MS).duration_s == 90
    assert (
        job_state(polled("running"), feed_snapshot(started=True, started_at_ms=START_MS), NOW_MS).duration_s
        == 90
    )
    both = feed_snapshot(started=True, started_at_ms=START_MS - 5_000)
    assert job_state(polled("running", started_at=START), both, NOW_MS).duration_s == 90


def test_the_duration_stops_at_the_polled_end_or_else_at_the_terminal_event() -> None:
    feed = feed_snapshot(started=True, started_at_ms=START_MS, terminal=COMPLETED)

    assert job_state(None, feed, NOW_MS).duration_s == 60
    job = polled("completed", started_at=START, completed_at=START.replace(second=45))
    assert job_state(job, feed, NOW_MS).duration_s == 45


def test_a_duration_is_unknown_without_a_start_or_without_the_time_of_the_end() -> None:
    assert job_state(polled("queued"), feed_snapshot(), NOW_MS).duration_s is None
    assert job_state(polled("completed", started_at=START), None, NOW_MS).duration_s is None


@pytest.mark.parametrize("now_ms", [START_MS - 7_200_000, 0.0])
def test_a_duration_is_never_negative_whatever_the_clocks_say(now_ms: float) -> None:
    assert job_state(polled("running", started_at=START), None, now_ms).duration_s == 0
    job = polled("completed", started_at=START, completed_at=START.replace(hour=8))
    assert job_state(job, None, now_ms).duration_s == 0


def test_a_polled_end_time_of_a_running_job_does_not_stop_the_duration() -> None:
    job = polled("running", started_at=START, completed_at=START)

    assert job_state(job, None, NOW_MS).duration_s == 90
    assert job_state(job, None, NOW_MS).completed_at_ms is None


def test_the_error_is_that_of_the_stream_or_else_the_polled_one() -> None:
    job = polled("failed", error="It died")

    assert job_state(job, feed_snapshot(terminal=FAILED), NOW_MS).error == "Out of memory"
    assert job_state(job, feed_snapshot(), NOW_MS).error == "It died"
    assert job_state(job, feed_snapshot(terminal=replace(FAILED, error="")), NOW_MS).error == "It died"
    assert job_state(replace(job, status="completed"), feed_snapshot(), NOW_MS).error is None


def test_artifacts_are_counted_once_the_job_has_completed_on_the_feed_snapshot() -> None:
    assert job_state(None, feed_snapshot(terminal=COMPLETED, artifacts=2), NOW_MS).artifacts == 2
    assert job_state(polled("completed"), feed_snapshot(), NOW_MS).artifacts is None
    assert job_state(polled("running"), feed_snapshot(started=True), NOW_MS).artifacts is None


def test_a_cancellation_that_is_streamed_as_a_failure_has_no_error_and_an_end() -> None:
    job = polled("cancelled", error="Job cancelled", started_at=START)
    state = job_state(job, feed_snapshot(started=True, terminal=JOB_CANCELLED), NOW_MS)
    assert (state.status, state.error, state.duration_s) == ("cancelled", None, 40)
