"""Many reports at once, from the JSON of their events to columns, by the rules of `parse_event`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from arkor_dash.errors import MalformedError
from arkor_dash.protocol.events import parse_object, read_step
from arkor_dash.protocol.fields import read_unix_ms
from arkor_dash.protocol.metric_names import GRAD_NORM, LOSS, metric_name
from arkor_dash.protocol.metric_values import read_metrics, read_value

from .columns import Indices
from .reports import Points, ReportColumns, Reports
from .series import FloatArray

Payload = dict[str, object]
_NUMBERS = {int, float}


def read_reports(texts: Sequence[str]) -> Reports:
    """The reports in the data of `training.log` events. Raises: MalformedError: one is not a JSON object."""
    found = ReportColumns(len(texts))
    add_payloads(found, range(len(texts)), [read_payload(text) for text in texts])
    return found.reports()


def add_payloads(found: ReportColumns, rows: Sequence[int], payloads: Sequence[Payload]) -> None:
    """Add reports, each given by the JSON object of its event, as these rows."""
    places_of: dict[tuple[str, ...], list[int]] = {}
    for place, payload in enumerate(payloads):
        places_of.setdefault(tuple(payload), []).append(place)
    for fields, places in places_of.items():
        alike = [payloads[place] for place in places]
        _add_alike(found, fields, np.array([rows[place] for place in places]), alike)


def read_payload(text: str) -> Payload:
    """The JSON object in the data of an event. Raises: MalformedError."""
    try:
        # A quarter of the time of `json`, which also reads what is not quite JSON: NaN, and half a character.
        payload = orjson.loads(text)
    except ValueError:
        return parse_object(text)
    except RecursionError as error:
        raise MalformedError("expected a JSON object, got one that is nested too deeply") from error
    if not isinstance(payload, dict):
        raise MalformedError(f"expected a JSON object, got {text[:80]!r}")
    return payload


def _add_alike(found: ReportColumns, fields: tuple[str, ...], rows: Indices, payloads: list[Payload]) -> None:
    """Add the reports of these rows, which all have the same fields."""
    columns = dict(zip(fields, zip(*(payload.values() for payload in payloads), strict=True), strict=True))
    if "step" in columns:
        found.steps[rows] = _steps(columns["step"])
    if "timestamp" in columns:
        found.at_ms[rows] = [math.nan if at is None else at for at in map(read_unix_ms, columns["timestamp"])]
    names = {field: name for field in fields if (name := metric_name(field)) is not None}
    losses = [columns[field] for field, name in names.items() if name == LOSS]
    if len(set(names.values())) < len(names) or (
        GRAD_NORM in names.values() and any(0 in each for each in losses)
    ):
        # Which of two fields counts, and whether a loss of 0 is one, depends on the values.
        _add_one_by_one(found, rows, payloads)
        return
    for place, (field, name) in enumerate(names.items()):
        found.add(name, place, _points(name, rows, columns[field]))


def _add_one_by_one(found: ReportColumns, rows: Indices, payloads: list[Payload]) -> None:
    for row, payload in zip(rows.tolist(), payloads, strict=True):
        for place, (name, value) in enumerate(read_metrics(payload).items()):
            found.add(name, place, Points(np.array([row]), np.array([value])))


def _steps(column: Sequence[object]) -> FloatArray:
    """The steps, NaN where there is none."""
    steps = _numbers(column)
    if steps is None:
        steps = np.array([math.nan if step is None else float(step) for step in map(read_step, column)])
    return np.where(np.isfinite(steps), steps, math.nan)


def _numbers(column: Sequence[Any]) -> FloatArray | None:
    """The column as floats, if it holds only numbers that can be floats."""
    if not set(map(type, column)) <= _NUMBERS:
        return None
    try:
        return np.array(column, dtype=np.float64)
    except OverflowError:
        return None


def _points(metric: str, rows: Indices, column: Sequence[object]) -> Points:
    """The values of a metric, and the rows that have one."""
    values = _numbers(column)
    if values is None:
        read = [None if value is None else read_value(metric, value) for value in column]
        rows = rows[[value is not None for value in read]]
        values = np.array([value for value in read if value is not None], dtype=np.float64)
    return Points(rows, values)
