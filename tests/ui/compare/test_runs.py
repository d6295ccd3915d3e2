"""The compared runs, from jobs and their streams."""

from __future__ import annotations

import pytest

from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.compare.compared import SETTINGS_LIMIT, settings_of
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


def test_settings_have_dotted_names_and_addresses_without_secret_parts() -> None:
    config = {"data": {"url": "https://key:one@host/x?sig=one#one"}, "lr": 1e-5, "a\ud800": "\udfff"}
    assert settings_of(Job("job_1", "one", "running", config=config)) == {
        "data.url": "https://…@host/x?…",
        "lr": "1e-05",
        "a?": "?",
    }


def test_a_config_of_any_size_gives_a_bounded_number_of_settings() -> None:
    config = {"x" * 10_000: 1, "wide": {str(number): number for number in range(5_000)}}
    settings = settings_of(Job("job_1", "one", "running", config=config))
    assert len(settings) == SETTINGS_LIMIT
    assert max(map(len, settings)) <= 201
