"""The compared runs, from the list of jobs and their streams."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from arkor_dash.charts.compared_runs import Run
from arkor_dash.charts.x_axis import x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.fields import replace_surrogates, shortened
from arkor_dash.protocol.jobs import Job, config_texts, shown_config

NAME_LIMIT = 60
SETTINGS_LIMIT, SETTING_NAME_LIMIT = 500, 200
"""The most settings of a job that are compared, and the characters of a name. Other servers may send any config."""


def compared_runs(
    job_ids: Sequence[str], listed: Mapping[str, Job], feeds: Sequence[FeedSnapshot], axis_kind: str
) -> list[Run]:
    """The runs in the order of the ids. One without values for that kind of axis has no axis."""
    longest_ms = max((elapsed_ms(feed) for feed in feeds), default=0.0)
    names = _names(job_ids, listed)
    runs = []
    for job_id, feed in zip(job_ids, feeds, strict=True):
        job = listed.get(job_id)
        axis = x_axis(
            axis_kind,
            feed.metrics,
            feed.facts.started_at_ms,
            longest_ms=longest_ms,
        )
        state = job_state(job, feed, time.time() * 1000)
        runs.append(
            Run(
                id=job_id,
                name=names[job_id],
                status=state.status,
                duration_s=state.duration_s,
                metrics=feed.metrics,
                axis=axis if axis.kind == axis_kind else None,
                settings=settings_of(job),
            )
        )
    return runs


def settings_of(job: Job | None) -> dict[str, str]:
    """Entries of the job's config, as text, at most `SETTINGS_LIMIT`. Addresses are without their secret parts."""
    entries = config_texts(shown_config(job.config)) if job else []
    return {
        replace_surrogates(shortened(name, SETTING_NAME_LIMIT)): replace_surrogates(text)
        for name, text in entries[:SETTINGS_LIMIT]
    }


def elapsed_ms(feed: FeedSnapshot) -> float:
    """The elapsed time of the run's last report."""
    at_ms = feed.metrics.times.values
    if not len(at_ms):
        return 0.0
    start, first = feed.facts.started_at_ms, float(at_ms.min())
    return float(at_ms.max()) - (first if start is None else min(start, first))


def _names(job_ids: Sequence[str], listed: Mapping[str, Job]) -> dict[str, str]:
    """The name of each job by its id. Jobs with the same name also get the end of their id."""
    known = {job_id: listed[job_id].name for job_id in job_ids if job_id in listed}
    names = {
        job_id: replace_surrogates(shortened(known.get(job_id) or job_id, NAME_LIMIT)) for job_id in job_ids
    }
    shared = Counter(names.values())
    return {job_id: f"{name} · {job_id[-4:]}" if shared[name] > 1 else name for job_id, name in names.items()}
