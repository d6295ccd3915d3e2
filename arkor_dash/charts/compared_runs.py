"""The runs of a comparison, and which metrics share one of its charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arkor_dash.metrics.compared import main_eval
from arkor_dash.metrics.history import Metrics
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.metric_names import LOSS

from .x_axis import XAxis

TITLE_LIMIT = 60
"""Characters of a metric's name in a title or a label."""
NAME_LIMIT = 40
"""Characters of a run's name in the legend."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One of the compared jobs.

    `status_text` is the status as it is shown. `running_since_ms` is the time from which the duration counts, in Unix
    milliseconds; None if it does not count.
    `axis` maps its steps to positions; None if the run has no values for the chosen axis, and thus no place on it.
    `settings` are the entries of its config by their dotted names, as text.
    """

    id: str
    name: str
    status: str
    status_text: str
    duration_s: float | None
    running_since_ms: float | None
    metrics: Metrics
    axis: XAxis | None
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chart:
    """One of the charts, with the names of the metrics that it draws."""

    metrics: tuple[str, ...]

    @property
    def title(self) -> str:
        return " · ".join(shortened(name, TITLE_LIMIT) for name in self.metrics)


def drawn_metrics(charts: Iterable[Chart]) -> list[str]:
    """The names of the metrics that the charts draw, each once."""
    return list(dict.fromkeys(name for chart in charts for name in chart.metrics))


def chart_of(name: str, runs: Sequence[Run]) -> Chart:
    """The chart of a metric. That of the training loss also has the eval loss by which the runs are compared."""
    evals = main_eval([run.metrics for run in runs]) if name == LOSS else None
    return Chart((name, evals) if evals else (name,))
