"""The texts on status, progress, and how recent and complete the data are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from arkor_dash.live.feed import FeedSnapshot, Interrupted, Recovery
from arkor_dash.live.job_state import job_state, since_last_event_s
from arkor_dash.metrics.progress import Progress
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.job.wording import (
    progress_text,
    recovery_text,
    time_left_text,
)
from arkor_dash.ui.status_text import duration_text, status_text
from tests.live.feed.snapshots import feed_snapshot

NOW_MS = 1_700_000_000_000.0
MINUTE_MS = 60_000.0


def last_event(at_ms: float | None) -> FeedSnapshot:
    return feed_snapshot(last_event_at_ms=at_ms, started=True)


def shown_status(feed: FeedSnapshot, status: str = "running") -> str:
    job = Job("job_1", "one", status)
    return status_text(job, feed, job_state(job, feed, NOW_MS).status, NOW_MS)


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (None, "Running"),
        (NOW_MS - 4.9 * MINUTE_MS, "Running"),
        (NOW_MS - 5 * MINUTE_MS, "No news for 5 min"),
        (NOW_MS - 200 * MINUTE_MS, "No news for 3 h"),
        (NOW_MS + 5 * MINUTE_MS, "Running"),
    ],
)
def test_a_run_that_is_silent_for_five_minutes_is_not_shown_as_running(
    at_ms: float | None, text: str
) -> None:
    assert shown_status(last_event(at_ms)) == text


def test_only_a_running_job_on_an_open_stream_is_shown_as_silent() -> None:
    old = last_event(NOW_MS - 60 * MINUTE_MS)
    assert shown_status(old, "completed") == "Completed"
    assert shown_status(replace(old, connection=Interrupted(NOW_MS, None, "gone"))) == "Running"


@pytest.mark.parametrize(("minutes", "text"), [(4, "Running"), (6, "No news for 6 min"), (None, "Running")])
def test_a_job_whose_stream_nobody_reads_is_as_silent_as_its_source_says(
    minutes: float | None, text: str
) -> None:
    at = None if minutes is None else datetime.fromtimestamp(NOW_MS / 1000 - 60 * minutes, UTC)
    job = Job("job_1", "one", "running", silent_since=at)
    assert status_text(job, None, "running", NOW_MS) == text
    assert status_text(job, last_event(NOW_MS), "running", NOW_MS) == "Running"
    assert status_text(job, None, "completed", NOW_MS) == "Completed"


def test_the_time_since_the_last_event_is_never_negative() -> None:
    assert since_last_event_s(last_event(NOW_MS + 5), NOW_MS) == 0
    assert since_last_event_s(last_event(None), NOW_MS) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (90_000, "1 d")],
)
def test_a_duration_is_shown_in_whole_units(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("left_s", "text"),
    [(None, None), (72.4, "about 0:01:12"), (7384.0, "about 2:03:00"), (0.0, "about 0:00:00")],
)
def test_the_time_left_is_rounded_to_a_minute_from_an_hour_on(left_s: float | None, text: str | None) -> None:
    assert time_left_text(Progress(0.534, "640 of 1,200 steps", left_s)) == text


def test_progress_is_shown_with_its_basis() -> None:
    assert progress_text(Progress(0.534, "640 of 1,200 steps", None)) == "640 of 1,200 steps · 53%"


@pytest.mark.parametrize(
    ("recovery", "text"),
    [
        (Recovery(0.0, 12, 0), "Reconnected: 12 events recovered, none missing."),
        (Recovery(0.0, 1, 2, (7, 8)), "Reconnected: 1 event recovered, 2 missing: 7, 8."),
        (Recovery(0.0, 0, 30, (1, 2)), "Reconnected: 0 events recovered, 30 missing: 1, 2, …."),
    ],
)
def test_a_recovery_names_the_missing_events(recovery: Recovery, text: str) -> None:
    assert recovery_text(recovery) == text


def test_a_source_without_event_numbers_claims_nothing_on_missing_events() -> None:
    assert "can't be detected" in recovery_text(Recovery(0.0, 3))
