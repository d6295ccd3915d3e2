"""The compared runs, from the list of jobs and their streams."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from arkor_dash.charts.compared_runs import Run
from arkor_dash.charts.x_axis import x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.fields import replace_surrogates, shortened

from .compared import Compared

NAME_LIMIT = 60


def compared_runs(compared: Sequence[Compared], axis_kind: str) -> list[Run]:
    """The runs in the order of the jobs. One without values for that kind of axis has no axis."""
    longest_ms = max((elapsed_ms(each.feed) for each in compared), default=0.0)
    return [
        _run(each, name, axis_kind, longest_ms) for each, name in zip(compared, _names(compared), strict=True)
    ]


def _run(compared: Compared, name: str, axis_kind: str, longest_ms: float) -> Run:
    feed = compared.feed
    axis = x_axis(axis_kind, feed.metrics, feed.facts.started_at_ms, longest_ms=longest_ms)
    lost_since_ms = compared.lost_since_ms
    state = job_state(compared.job, feed, lost_since_ms or time.time() * 1000)
    return Run(
        id=feed.job_id,
        name=name,
        status=state.status,
        status_text=compared.status_text,
        duration_s=state.duration_s,
        running_since_ms=None if state.ended or lost_since_ms is not None else state.started_at_ms,
        metrics=feed.metrics,
        axis=axis if axis.kind == axis_kind else None,
        settings=compared.settings,
    )


def elapsed_ms(feed: FeedSnapshot) -> float:
    """The elapsed time of the run's last report."""
    at_ms = feed.metrics.times.values
    if not len(at_ms):
        return 0.0
    start, first = feed.facts.started_at_ms, float(at_ms.min())
    return float(at_ms.max()) - (first if start is None else min(start, first))


def _names(compared: Sequence[Compared]) -> list[str]:
    """The name of each job. Jobs with the same name also get the end of their id."""
    ids = [each.feed.job_id for each in compared]
    known = [each.job.name if each.job else "" for each in compared]
    names = [
        replace_surrogates(shortened(name or job_id, NAME_LIMIT))
        for name, job_id in zip(known, ids, strict=True)
    ]
    shared = Counter(names)
    return [
        f"{name} · {job_id[-4:]}" if shared[name] > 1 else name
        for name, job_id in zip(names, ids, strict=True)
    ]
