"""Snapshots of feeds, for the tests of what is made of them."""

from __future__ import annotations

from typing import Any

from arkor_dash.live.feed import FeedSnapshot, Live, StreamFacts
from arkor_dash.metrics.history import MetricHistory, Metrics


def feed_snapshot(
    metrics: Metrics | None = None, *, last_event_at_ms: float | None = None, **facts: Any
) -> FeedSnapshot:
    """The snapshot of a connected feed. Args: facts: the fields of its `StreamFacts`."""
    return FeedSnapshot(
        job_id="job_1",
        generation=1,
        version=1,
        metrics=metrics or MetricHistory().snapshot(),
        log=(),
        events=0,
        malformed=0,
        facts=StreamFacts(**facts),
        recovery=None,
        last_event_at_ms=last_event_at_ms,
        last_event_id=None,
        connection=Live(),
    )
