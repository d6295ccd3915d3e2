"""What the list of jobs shows of a run, from the source's list and from a feed that was read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from arkor_dash.live.feed import FeedSnapshot, Terminal
from arkor_dash.live.list_values import ListValues
from arkor_dash.protocol.jobs import Job
from arkor_dash.protocol.metric_summaries import STEP, MetricSummary, Summaries
from tests.metrics.reports import metrics_of, report

from .feed.snapshots import feed_snapshot

JOB = Job("a", "a", "running", config={"maxSteps": 10})
START_MS = datetime(2026, 11, 23, 11, tzinfo=UTC).timestamp() * 1000
READ = MetricSummary(2.0, 2.0, 4.0, "4 3 2")
"""What `read` has read of the loss."""


def read(**facts: object) -> FeedSnapshot:
    """The feed of a run at step 3, with a loss of 4, 3 and 2."""
    return feed_snapshot(metrics_of(*(report(step, loss=5 - step) for step in (1, 2, 3))), **facts)


def listed(step: float, loss: MetricSummary) -> Summaries:
    """What the source lists of a run at that step."""
    return {STEP: {"a": MetricSummary(step, 1, step)}, "loss": {"a": loss}}


def test_a_source_that_lists_no_values_has_those_of_the_feeds_that_are_held() -> None:
    values = ListValues({}, {"a": read(started=True, started_at_ms=START_MS)})
    assert values.summary("a", "loss") == READ
    assert values.done_share(JOB) == 0.3
    assert values.duration_s(JOB, START_MS + 9_000) == 9.0
    other = Job("b", "b", "running", config={"maxSteps": 10})
    assert values.summary("b", "loss") is None
    assert values.done_share(other) is None
    assert values.duration_s(other, START_MS) is None


def test_a_job_whose_feed_nobody_holds_has_the_values_of_the_list() -> None:
    values = ListValues(listed(5, MetricSummary(1.0, 0.5, 9.0, "9 1")))
    assert values.summary("a", "loss") == MetricSummary(1.0, 0.5, 9.0, "9 1")
    assert values.done_share(JOB) == 0.5


@pytest.mark.parametrize("step", [2, 3])
def test_a_feed_that_has_read_as_much_as_the_list_says_is_believed_but_for_earlier_extremes(
    step: int,
) -> None:
    values = ListValues(listed(step, MetricSummary(3.0, 0.5, 3.0, "1 3")), {"a": read()})
    assert values.summary("a", "loss") == MetricSummary(2.0, 0.5, 4.0, "4 3 2")
    assert values.done_share(JOB) == 0.3


def test_a_list_that_is_ahead_of_the_feed_is_believed() -> None:
    values = ListValues(listed(5, MetricSummary(1.0, 0.5, 9.0, "9 1")), {"a": read()})
    assert values.summary("a", "loss") == MetricSummary(1.0, 0.5, 9.0, "9 1")
    assert values.done_share(JOB) == 0.5


@pytest.mark.parametrize("step", [3, 5])
def test_what_only_one_of_the_two_knows_is_shown(step: int) -> None:
    values = ListValues(listed(step, MetricSummary(2.0, 2.0, 4.0)), {"a": read()})
    found = values.summary("a", "loss")
    assert found is not None
    assert found.curve == "4 3 2"
    rate = MetricSummary(1e-4, 1e-4, 1e-4)
    assert ListValues({"rate": {"a": rate}}, {"a": read()}).summary("a", "rate") == rate
    assert ListValues({STEP: {"a": MetricSummary(9, 1, 9)}}, {"a": read()}).summary("a", "loss") == READ


def test_a_feed_that_has_read_nothing_yet_changes_nothing() -> None:
    values = ListValues(listed(5, MetricSummary(1.0, 0.5, 9.0)), {"a": feed_snapshot()})
    assert values.summary("a", "loss") == MetricSummary(1.0, 0.5, 9.0)
    assert values.done_share(JOB) == 0.5
    assert ListValues({}, {"a": feed_snapshot()}).done_share(JOB) is None


def test_a_run_whose_end_only_the_feed_knows_has_a_duration_that_stands_still() -> None:
    ended = read(started=True, started_at_ms=START_MS, terminal=Terminal("completed", START_MS + 5_000))
    assert ListValues({}, {"a": ended}).duration_s(JOB, START_MS + 60_000) == 5.0
