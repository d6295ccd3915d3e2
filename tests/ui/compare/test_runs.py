"""The compared runs, from jobs and their streams."""

from __future__ import annotations

import pytest

from arkor_dash.ui.compare.runs import elapsed_ms
from tests.live.feed.snapshots import feed_snapshot
from tests.metrics.reports import metrics_of, report


@pytest.mark.parametrize(("started_at_ms", "elapsed"), [(None, 5.0), (90.0, 15.0), (200.0, 5.0)])
def test_the_elapsed_time_counts_from_the_start_or_an_earlier_report(
    started_at_ms: float | None, elapsed: float
) -> None:
    """As the axis counts it: all runs get the unit of the longest one."""
    metrics = metrics_of(report(1, 100.0, loss=1.0), report(2, 105.0, loss=1.0))
    assert elapsed_ms(feed_snapshot(metrics, started_at_ms=started_at_ms)) == elapsed


def test_a_run_without_times_has_no_elapsed_time() -> None:
    assert elapsed_ms(feed_snapshot(metrics_of(report(1, loss=1.0)), started_at_ms=5.0)) == 0.0
