"""Invisible traces that carry the hover labels of a comparison.

Each point of such a trace is one position on the x axis. Its label lists what all runs have reported up to there: of
each line the latest point at or before that position. A line that begins later is left out, and so is a run that has
ended before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.series import FloatArray, Series
from arkor_dash.metrics.value_format import format_value
from arkor_dash.protocol.fields import shortened

from .compared_runs import TITLE_LIMIT
from .comparison import POINTS, ComparedCurve, Comparison, Part, Track
from .curve import best_steps
from .downsampling import DrawnSeries, hover_steps
from .hover import Flags, digits, groups, label_trace, place
from .traces import in_template
from .x_axis import BY_STEP

LABEL_NAME_LIMIT = 20
"""Characters of a run's name in a label, which has to fit on a phone. Its colour tells it from others."""


def selectable(compared: Comparison, row: int, width_px: int) -> FloatArray:
    """The positions that the pointer can select in that row, increasing.

    All labels together have about `POINTS` values at most.
    """
    columns = sum(len(each.curve.lines) for each in compared.curves)
    width = max(2, min(width_px, POINTS // max(columns, 1)))
    solid: list[DrawnSeries] = []
    dashed: list[DrawnSeries] = []
    special = [np.empty(0)]
    for each in compared.row(row):
        curve, axis = each.curve, each.curve.options.axis
        for drawn in curve.lines:
            inside = drawn.drawn.inside
            at = Series(axis.positions_at(inside.steps), inside.values)
            (dashed if drawn.line.is_eval else solid).append(DrawnSeries(at, at, len(at)))
        best = best_steps(each.part.lines, curve.view_steps)
        special.append(axis.positions_at(np.concatenate([curve.marks, best])))
    return hover_steps(solid, dashed, np.unique(np.concatenate(special)), width)


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """What a line of a part has reported up to each of n positions, as text; in view, where it has a value at all.

    `texts` has shape (n, 1), or (n, 2) with the smoothed values.
    """

    part: Part
    name: str
    present: Flags
    texts: npt.NDArray[np.str_]


def label_traces(compared: Comparison, row: int, positions: FloatArray, yaxis: str) -> list[dict[str, Any]]:
    """One trace for each set of lines that a label lists.

    Of labels at one position, the pointer selects that of the last trace, and the last one of it. So a label that
    lists more lines replaces an earlier one. The order of the traces is that of their `uid`.
    """
    columns = [
        _column(each, line.name, track, positions)
        for each in compared.row(row)
        for line, track in zip(each.part.lines, each.tracks, strict=True)
    ]
    traces = []
    for present, rows in groups(np.column_stack([each.present for each in columns])) if columns else ():
        listed = [each for each, is_listed in zip(columns, present, strict=True) if is_listed]
        label = {
            "uid": f"2-{row:02}-{digits(present)}",
            "hovertemplate": _template(compared, row, listed),
            "customdata": np.column_stack([each.texts[rows] for each in listed]),
        }
        traces.append(label_trace(BY_STEP, positions[rows], yaxis, **label))
    return traces


def affected(positions: FloatArray, before: Sequence[ComparedCurve], after: Sequence[ComparedCurve]) -> Flags:
    """Which of these positions need another label since the curves of their row have grown: shape (n,).

    They are those from the first new point on, and those that the run had not reached before.
    """
    found = np.zeros(len(positions), dtype=np.bool_)
    for old, new in zip(before, after, strict=True):
        for old_track, track in zip(old.tracks, new.tracks, strict=True) if new is not old else ():
            came = track.positions[len(old_track.positions) :]
            is_later = positions > old.end
            if len(came):
                is_later |= positions >= came[0]
            found |= is_later & (positions <= new.end)
    return found


def _column(each: ComparedCurve, name: str, track: Track, positions: FloatArray) -> _Column:
    at = np.searchsorted(track.positions, positions, "right") - 1
    present = (at >= 0) & (positions <= each.end)
    columns = [track.values, track.smooth] if track.smooth is not None else [track.values]
    texts = [[format_value(value) for value in column[at].tolist()] for column in columns]
    return _Column(each.part, name, present, np.array(texts, dtype=np.str_).T)


def _template(compared: Comparison, row: int, listed: Sequence[_Column]) -> str:
    """The label's text, in which plotly.js inserts the columns of `texts`: a line for each run."""
    lines = [place(listed[0].part.run.axis or BY_STEP)]
    is_one_metric = len(compared.charts[row].metrics) == 1
    number, last = 0, None
    for column in listed:
        value = f"%{{customdata[{number}]}}"
        if column.texts.shape[1] == 2:
            value += f" (smoothed %{{customdata[{number + 1}]}})"
        if not is_one_metric:
            value = f"{in_template(shortened(column.name, TITLE_LIMIT))} {value}"
        if column.part.number == last:
            lines[-1] += f" · {value}"
        else:
            name = in_template(shortened(column.part.run.name, LABEL_NAME_LIMIT))
            lines.append(f'<span style="color:{column.part.colour}">{name}</span> {value}')
        number, last = number + column.texts.shape[1], column.part.number
    return "<br>".join(lines) + "<extra></extra>"
