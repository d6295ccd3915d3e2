"""How fresh and how whole a live page is, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arkor_dash.live.feed import FeedSnapshot, Interrupted, Live, Recovery, StreamFacts
from arkor_dash.live.job_state import job_state
from arkor_dash.metrics.losses import LossHistory
from arkor_dash.metrics.progress import Progress
from arkor_dash.metrics.side_series import SideSeriesHistory
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.job.wording import left_text, progress_text, recovery_text, silence_s, spoken, status_text

NOW_MS = 1_700_000_000_000.0
MINUTE_MS = 60_000.0


def heard(at_ms: float | None) -> FeedSnapshot:
    return FeedSnapshot(
        job_id="job_1",
        generation=1,
        version=1,
        losses=LossHistory().snapshot(),
        log=(),
        events=0,
        malformed=0,
        facts=StreamFacts(started=True),
        side_series=SideSeriesHistory().snapshot(),
        checkpoints=(),
        recovery=None,
        last_event_at_ms=at_ms,
        last_event_id=None,
        connection=Live(),
    )


def said(feed: FeedSnapshot, status: str = "running") -> str:
    return status_text(job_state(Job("job_1", "one", status), feed, NOW_MS), feed, NOW_MS)


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
def test_a_run_that_is_silent_for_five_minutes_is_not_said_to_be_running(
    at_ms: float | None, text: str
) -> None:
    assert said(heard(at_ms)) == text


def test_an_ended_job_and_a_broken_stream_keep_their_own_words() -> None:
    old = heard(NOW_MS - 60 * MINUTE_MS)
    assert said(old, "completed") == "Completed"
    assert said(replace(old, connection=Interrupted(NOW_MS, None, "gone"))) == "Running"


def test_silence_is_never_negative() -> None:
    assert silence_s(heard(NOW_MS + 5), NOW_MS) == 0
    assert silence_s(heard(None), NOW_MS) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (90_000, "1 d")],
)
def test_a_time_is_spoken_in_whole_units(seconds: float, text: str) -> None:
    assert spoken(seconds) == text


@pytest.mark.parametrize(
    ("left_s", "text"),
    [(None, None), (72.4, "about 0:01:12"), (7384.0, "about 2:03:00"), (0.0, "about 0:00:00")],
)
def test_the_time_left_is_not_more_exact_than_it_is_known(left_s: float | None, text: str | None) -> None:
    assert left_text(Progress(0.534, "640 of 1,200 steps", left_s)) == text


def test_progress_says_its_basis() -> None:
    assert progress_text(Progress(0.534, "640 of 1,200 steps", None)) == "640 of 1,200 steps · 53%"


@pytest.mark.parametrize(
    ("recovery", "text"),
    [
        (Recovery(0.0, 12, 0), "Reconnected: 12 events recovered, none missing."),
        (Recovery(0.0, 1, 2, (7, 8)), "Reconnected: 1 event recovered, 2 missing: 7, 8."),
        (Recovery(0.0, 0, 30, (1, 2)), "Reconnected: 0 events recovered, 30 missing: 1, 2, …."),
    ],
)
def test_a_recovery_says_what_came_back_and_what_did_not(recovery: Recovery, text: str) -> None:
    assert recovery_text(recovery) == text


def test_where_nobody_can_tell_nothing_is_claimed() -> None:
    assert "no telling" in recovery_text(Recovery(0.0, 3))
