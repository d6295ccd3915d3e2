"""The figures of a job that tell its state at one look."""

from __future__ import annotations

import math
from dataclasses import replace

from arkor_dash.live.feed import FeedSnapshot, Interrupted
from arkor_dash.live.job_list import JobListView
from arkor_dash.protocol.jobs import Job
from arkor_dash.protocol.restarts import Restart
from arkor_dash.ui.browser.figures import Figure
from arkor_dash.ui.job.figures_strip import figures
from tests.live.feed.snapshots import feed_snapshot
from tests.metrics.reports import metrics_of, report

from .moments import moment

START_MS = 1_700_000_000_000.0
NOW_MS = START_MS + 100_000
RECOVERED = [{"loss": 1.0}] * 20


def going(*values: dict[str, float], **config: object) -> tuple[Job, FeedSnapshot]:
    """A running job that has reported these values, one step in two seconds."""
    reports = [
        report(step, at_ms=START_MS + 2_000 * step, **each) for step, each in enumerate(values, start=1)
    ]
    feed = feed_snapshot(last_event_at_ms=NOW_MS, started=True)
    return Job("job", "one", "running", config=config), replace(feed, metrics=metrics_of(*reports))


def shown(job: Job, feed: FeedSnapshot, listing: JobListView | None = None) -> list[Figure]:
    return list(figures(moment(job, feed, NOW_MS, listing)))


def test_the_latest_and_the_best_losses_have_their_steps() -> None:
    job, feed = going({"loss": 2.0, "eval_loss": 3.0}, {"loss": 1.0, "eval_loss": 2.5}, {"loss": 1.5})
    assert shown(job, feed)[:4] == [
        Figure("Loss", "1.5000", "step 3", "train"),
        Figure("Best loss", "1.0000", "step 2", "train"),
        Figure("Eval loss", "2.5000", "step 2", "eval"),
        Figure("Best eval loss", "2.5000", "step 2", "eval"),
    ]


def test_a_loss_that_is_not_finite_stands_out() -> None:
    job, feed = going({"loss": 2.0}, {"loss": math.nan})
    assert shown(job, feed)[:2] == [
        Figure("Loss", "NaN", "not finite", "warning"),
        Figure("Best loss", "2.0000", "step 1", "train"),
    ]


def test_a_lasting_finding_is_named_where_its_figure_stands() -> None:
    job, feed = going(*({"loss": 1.0} for _ in range(50)), *({"loss": 4.0} for _ in range(60)))
    assert shown(job, feed)[0] == Figure("Loss", "4.0000", "diverged", "warning")
    job, feed = going(*({"loss": 1.0} for _ in range(50)), *({"loss": 4.0} for _ in range(60)), *RECOVERED)
    assert shown(job, feed)[0].tone == "train"
    falling = ({"loss": 9 - step, "eval_loss": 1 + step / 10} for step in range(5))
    job, feed = going(*falling)
    assert [(figure.label, figure.note) for figure in shown(job, feed) if figure.tone == "warning"] == [
        ("Eval loss", "overfitting")
    ]


def test_steps_that_began_again_are_named_with_the_progress() -> None:
    job, feed = going({"loss": 2.0}, {"loss": 1.0})
    again = replace(feed.metrics, restart=Restart(at=3, step=1, last_step=2))
    assert shown(job, replace(feed, metrics=again))[-1] == Figure(
        "Step", "2", "began again · 0.5 steps/s", "warning"
    )


def test_the_progress_has_the_pace_and_the_time_left_while_events_arrive() -> None:
    job, feed = going({"loss": 2.0}, {"loss": 1.0}, maxSteps=10)
    progress = shown(job, feed)[-1]
    assert progress == Figure(
        "Progress", "2 of 10 steps · 20%", "about 0:00:16 left · 0.5 steps/s", share=0.2
    )
    cut = replace(feed, connection=Interrupted(NOW_MS, None, "gone"))
    assert shown(job, cut)[-1] == replace(progress, note="")
    lost = JobListView(failing_since_ms=NOW_MS - 1, error="down")
    assert shown(job, feed, lost)[-1] == replace(progress, note="")
    assert shown(replace(job, config={}), feed)[-1] == Figure("Step", "2", "0.5 steps/s")


def test_a_job_without_a_report_has_the_same_places() -> None:
    job, feed = going()
    assert [(figure.label, figure.value) for figure in shown(job, feed)] == [
        ("Loss", "–"),
        ("Best loss", "–"),
        ("Step", "–"),
    ]


def test_a_run_without_a_loss_shows_its_first_metric() -> None:
    job, feed = going({"rewards/mean": 0.25}, {"rewards/mean": 0.75}, {"rewards/mean": 0.5})
    assert shown(job, feed)[:2] == [
        Figure("rewards/mean", "0.5000", "step 3", "train"),
        Figure("Best rewards/mean", "0.7500", "step 2", "train"),
    ]
