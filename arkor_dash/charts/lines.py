"""A line of a chart."""

from __future__ import annotations

from dataclasses import dataclass

from arkor_dash.metrics.series import NO_POINTS, Series, Value


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A series in a chart, under the name that its legend and hover labels show.

    `nonfinite` are the points whose value is NaN or infinite. `best` is a point that gets a star. An `is_eval` line
    is dashed, with a marker at each point; any other one is solid, and can be smoothed.
    """

    name: str
    points: Series
    nonfinite: Series = NO_POINTS
    is_eval: bool = False
    best: Value | None = None
