"""What the statistics of a chart share among viewers."""

from __future__ import annotations

import json
import random

from arkor_dash.charts.curve import View
from arkor_dash.live.feed.state import FeedState
from arkor_dash.live.parts import Shared
from arkor_dash.sources import Frame
from arkor_dash.ui.job.chart_subject import metric_of
from arkor_dash.ui.job.statistics_card import _parts, _Scope


def test_viewers_of_metrics_whose_long_names_begin_alike_get_the_statistics_of_their_own() -> None:
    names, state, shared = (
        ["x" * 80 + "mean", "x" * 80 + "max"],
        FeedState("job", 30.0, float, random.Random(1)),
        Shared(),
    )
    data = json.dumps({"step": 1, names[0]: 1.5, names[1]: 2.5})
    state.frames_received([Frame("1", "training.log", data)], None)
    feed, scope = state.snapshot(), _Scope("Whole run", "step", View())
    for name, value in zip(names, ("1.5", "2.5"), strict=True):
        subject = metric_of(feed, name)
        [summarized] = subject.summarized
        _, facts = _parts("job", summarized, lambda subject=subject: (subject, feed), scope)
        assert value in shared.update(facts, None)[0]
