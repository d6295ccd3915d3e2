"""The reports of a stretch as arrays: what `parse_event` returns for each of them, without its JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from arkor_dash.errors import MalformedError

from .events import EVENT_NAMES, TrainingLog, parse_event
from .metric_names import GRAD_NORM, LOSS
from .stretch import FloatArray, IntArray, Stretch

_REPORT = EVENT_NAMES[TrainingLog]


class Points(NamedTuple):
    """The values of one metric, and the reports that have them, by their positions, which increase."""

    reports: IntArray
    values: FloatArray


class Other(NamedTuple):
    """An event that is no report, or a report that can't be parsed: its row in the stretch, its name and its JSON."""

    row: int
    name: str
    data: str


@dataclass(frozen=True, slots=True, eq=False)
class Reports:
    """The `training.log` events of a stretch, in order. All arrays have the shape (n,), those of `metrics` (m,).

    `rows`: their rows in the stretch. `steps`, and `at_ms` in Unix milliseconds: NaN where a report has none.
    `metrics` are in the order of their first reports, and in each report in the order of its fields.
    """

    rows: IntArray
    steps: FloatArray
    at_ms: FloatArray
    metrics: Mapping[str, Points]


class _Part(NamedTuple):
    """Reports with the same metrics. `values` are in the order of the reports' fields."""

    rows: IntArray
    steps: FloatArray
    at_ms: FloatArray
    values: Mapping[str, FloatArray]


def read_stretch(stretch: Stretch) -> tuple[Reports, list[Other]]:
    """The reports of the stretch, and its other events in order."""
    parts: list[_Part] = []
    others: list[Other] = []
    for number, shape in enumerate(stretch.shapes):
        rows = stretch.rows_of(number)
        if shape.name == _REPORT and shape.parts is not None:
            if len(rows):
                parts.append(_part(stretch, number, rows))
            continue
        for row in rows.tolist():
            data = stretch.text(row)
            part = _parsed(row, data) if shape.name == _REPORT else None
            if part is None:
                others.append(Other(row, shape.name, data))
            else:
                parts.append(part)
    return _joined(parts, len(stretch)), sorted(others)


def _part(stretch: Stretch, number: int, rows: IntArray) -> _Part:
    shape = stretch.shapes[number]
    numbers = stretch.numbers(number, rows)
    steps = at_ms = np.full(len(rows), math.nan)
    if "step" in shape.numbers:
        given = numbers[shape.numbers.index("step")]
        steps = np.where(np.isfinite(given), given, math.nan)
    if shape.has_time:
        # The same rounding as of `datetime.timestamp`.
        at_ms = stretch.times(rows) * 1000.0 / 1e6 * 1000
    values = {
        name: numbers[found] if isinstance(found, int) else np.full(len(rows), found)
        for name, found in shape.metrics.items()
    }
    if LOSS in values and GRAD_NORM in values:
        is_lost = (values[LOSS] == 0) & ~np.isfinite(values[GRAD_NORM])
        values[LOSS] = np.where(is_lost, math.nan, values[LOSS])
    return _Part(rows, steps, at_ms, values)


def _parsed(row: int, data: str) -> _Part | None:
    try:
        event = parse_event(_REPORT, data)
    except MalformedError:
        return None
    if not isinstance(event, TrainingLog):
        return None
    numbers = (event.step, event.emitted_at_ms)
    steps, at_ms = (np.array([math.nan if each is None else float(each)]) for each in numbers)
    return _Part(
        np.array([row]), steps, at_ms, {name: np.array([value]) for name, value in event.metrics.items()}
    )


def _joined(parts: list[_Part], events: int) -> Reports:
    # Then the metrics come in the order in which they were first reported.
    parts.sort(key=lambda part: int(part.rows[0]))
    if not parts:
        return Reports(np.empty(0, np.int64), np.empty(0), np.empty(0), {})
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows)
    place_of = np.empty(events, np.int64)
    place_of[rows[order]] = np.arange(len(rows))
    found: dict[str, list[tuple[IntArray, FloatArray]]] = {}
    for part in parts:
        for name, values in part.values.items():
            found.setdefault(name, []).append((place_of[part.rows], values))
    return Reports(
        rows[order],
        np.concatenate([part.steps for part in parts])[order],
        np.concatenate([part.at_ms for part in parts])[order],
        {name: _points(pieces) for name, pieces in found.items()},
    )


def _points(pieces: list[tuple[IntArray, FloatArray]]) -> Points:
    if len(pieces) == 1:
        return Points(*pieces[0])
    places, values = (np.concatenate(each) for each in zip(*pieces, strict=True))
    order = np.argsort(places)
    return Points(places[order], values[order])
