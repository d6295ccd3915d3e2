"""What is pushed of a job's page can be computed, and is JSON, whatever numbers the job reports."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from arkor_dash.charts.curve import CurveOptions, View
from arkor_dash.charts.growing_chart import GrowingChart
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.x_axis import ELAPSED, EPOCH, STEP, TIME_OF_DAY, x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.feed.state import FeedState
from arkor_dash.live.parts import Shared
from arkor_dash.sources import Frame
from arkor_dash.ui.browser.chart import chart_part
from arkor_dash.ui.browser.facts import facts_part
from arkor_dash.ui.browser.figures import figures_part
from arkor_dash.ui.browser.tiles import tiles_part
from arkor_dash.ui.job.chart_subject import losses_of
from arkor_dash.ui.job.figures_strip import figures
from arkor_dash.ui.job.metadata_card import metadata
from arkor_dash.ui.job.metrics_card import _tiles_now

from .moments import moment

NOW_MS = 1.76e12
NUMBERS = (0, -1, 1e308, -1e308, 5e-324, 2**63, 10**400, "NaN", "Infinity", None, 0.5)
TIMES = ("2026-11-23T11:37:28.453Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", 1e18, -1e18, None)
AXES = (STEP, ELAPSED, TIME_OF_DAY, EPOCH)
VIEWS = (View(None, 300), View((0.0, 10.0), 300), View((1e300, float("inf")), 300))


def extreme_job(seed: int) -> FeedSnapshot:
    rng = random.Random(seed)
    state = FeedState("job", 30.0, lambda: NOW_MS / 1000, rng)
    for number in range(1, rng.randint(3, 40)):
        values = {name: rng.choice(NUMBERS) for name in ("loss", "evalLoss", "epoch", "reward")}
        step = rng.choice((number, number, *NUMBERS))
        data = json.dumps({"timestamp": rng.choice(TIMES), "step": step, **values})
        state.frames_received([Frame(str(number), "training.log", data)], None)
    return state.snapshot()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, of an overflow
@pytest.mark.parametrize("seed", range(12))
def test_whatever_numbers_a_job_reports_its_parts_are_json(seed: int) -> None:
    feed = extreme_job(seed)
    now = moment(None, feed, NOW_MS)
    parts = [
        facts_part("facts", lambda: metadata(now)),
        figures_part("figures", lambda: tuple(figures(now))),
    ]
    for kind, view in itertools.product(AXES, VIEWS):
        parts.append(
            tiles_part((kind, view), lambda kind=kind, view=view: _tiles_now(now, ["reward"], view, kind))
        )
        axis = x_axis(kind, feed.metrics, feed.facts.started_at_ms)
        for log_y, clip in itertools.product((False, True), repeat=2):
            chart, options = GrowingChart(view, LIGHT), CurveOptions(axis, 0.5, log_y, clip)
            subject = losses_of(feed)
            chart.update((1, 1), subject.version, subject.content, lambda options=options: options)
            parts.append(chart_part(chart, lambda: None))
    assert all(json.loads(Shared().update(part, None)[0]) for part in parts)
