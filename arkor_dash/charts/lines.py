"""What a chart draws, before it is thinned to a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arkor_dash.metrics.findings import Finding
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


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a chart draws.

    `checkpoints` are steps, increasing. `findings` are marked by vertical lines. `note` follows the note on how many
    points are drawn.
    """

    lines: Sequence[Line]
    checkpoints: Sequence[float] = ()
    findings: tuple[Finding, ...] = ()
    note: str = ""
