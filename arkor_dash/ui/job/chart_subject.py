"""What a chart card shows: the losses of a run, or one of its other metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from arkor_dash.charts.lines import Content
from arkor_dash.charts.loss_curve import eval_name, loss_content
from arkor_dash.charts.metric_curve import metric_content, shown_name
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.metrics.series import Series
from arkor_dash.metrics.statistics_table import LOSS, VALUE
from arkor_dash.ui.keys import key_part


@dataclass(frozen=True, slots=True)
class Summarized:
    """A series whose statistics a card shows, under a heading. `key` is the element key of the card.

    `noun` is what a point of the series is called.
    """

    key: str
    heading: str
    series: Series
    noun: str = LOSS


@dataclass(frozen=True, slots=True, eq=False)
class ChartSubject:
    """What a chart card shows.

    `kind` begins the keys of its elements. `id` stands for the subject in the key of its chart. `unit` names the y
    axis, and `plural` its values. `version` changes whenever the content may change. `empty`: there is no value yet.
    """

    kind: str
    id: str
    heading: str
    unit: str
    plural: str
    version: object
    empty: bool
    content: Callable[[], Content]
    summarized: tuple[Summarized, ...]


def losses_of(feed: FeedSnapshot) -> ChartSubject:
    """The training loss and the eval losses."""
    losses = feed.losses
    train = Summarized("stats_train", "Training loss", losses.train.finite)
    evals = tuple(
        Summarized(f"stats_eval_{number}" if number else "stats_eval", eval_name(each), each.finite)
        for number, each in enumerate(losses.evals)
        if each.finite
    )
    return ChartSubject(
        kind="loss",
        id=key_part(feed.job_id),
        heading="Loss",
        unit="loss",
        plural="losses",
        version=(losses.version, *_marks(feed)),
        empty=losses.empty,
        content=lambda: loss_content(feed.metrics),
        summarized=evals if evals and not losses.train.finite else (train, *evals),
    )


def metric_of(feed: FeedSnapshot, name: str, kind: str = "metric") -> ChartSubject:
    """One metric."""
    metric = feed.metrics.metrics.get(name)
    return ChartSubject(
        kind=kind,
        id=key_part(f"{feed.job_id} {name}"),
        heading=shown_name(name),
        unit="",  # the heading and the legend have the name
        plural="values",
        version=(name, metric and metric.version, *_marks(feed)),
        empty=metric is None,
        content=lambda: metric_content(name, feed.metrics),
        summarized=(Summarized(f"stats_{kind}", shown_name(name), feed.metrics.finite(name), VALUE),),
    )


def _marks(feed: FeedSnapshot) -> tuple[object, ...]:
    return feed.metrics.restart, feed.metrics.without_step, feed.metrics.checkpoints
