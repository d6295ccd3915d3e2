"""Invisible traces that carry the hover labels of a chart.

Each point of such a trace is one step that the pointer can select. Its label shows the values of exactly that step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.series import FloatArray
from arkor_dash.metrics.value_format import needs_exponent

from .curve import Curve, Readings
from .curve_text import lower_first
from .traces import flat_trace, in_template
from .x_axis import XAxis

SMOOTHED_NAME = "Smoothed"
AT_CHECKPOINT = "checkpoint saved"
HEIGHT = 50
"""All points lie at one height of the hover's own axis, so the pointer selects the closest step."""

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Landmarks = Mapping[str, Sequence[float]]
"""The steps at which a label has a further line, by the text of that line."""


def hover_traces(curve: Curve, yaxis: str) -> list[dict[str, Any]]:
    """One trace for each form of label: the values it lists, how they are formatted, and whether of a checkpoint.

    Of labels at one step, the pointer selects that of the last trace. So a trace whose labels list more comes later:
    a step gets another label when another value is reported for it. The order of the traces is that of their `uid`.
    """
    return _traces("4-hover", curve, curve.readings, {AT_CHECKPOINT: curve.checkpoints}, yaxis)


def best_hover_traces(curve: Curve, yaxis: str) -> list[dict[str, Any]]:
    """The same for the labels of the best points. They belong behind all others."""
    lines = [each.line for each in curve.lines]
    best = {f"best {lower_first(line.name)}": (line.best.step,) for line in lines if line.best}
    landmarks = {**best, AT_CHECKPOINT: curve.checkpoints}
    return _traces("5-best", curve, curve.best_readings, landmarks, yaxis)


def _traces(
    prefix: str, curve: Curve, readings: Readings, landmarks: Landmarks, yaxis: str
) -> list[dict[str, Any]]:
    axis, traces = curve.options.axis, []
    for content, rows in _by_content(readings, landmarks):
        columns, marked = np.split(content, [len(curve.lines)])
        names, values = _listed(curve, readings, rows, np.flatnonzero(columns))
        notes = [text for text, is_marked in zip(landmarks, marked, strict=True) if is_marked]
        for exponents, formatted in groups(needs_exponent(values)):
            steps = readings.steps[rows][formatted]
            label = {
                "uid": f"{prefix}-{digits(content)}-{digits(exponents)}",
                "hovertemplate": _template(names, exponents, notes, axis),
                "customdata": _numbers(values[formatted], exponents, steps, axis),
            }
            traces.append(label_trace(axis, steps, yaxis, **label))
    return traces


def label_trace(axis: XAxis, steps: FloatArray, yaxis: str, **label: Any) -> dict[str, Any]:
    """An invisible trace whose points have labels: see `flat_trace`."""
    style = {"mode": "none", "showlegend": False, "yaxis": yaxis, "hoverinfo": "text"}
    return flat_trace("", axis, steps, HEIGHT, **style, **label)


def digits(flags: Flags) -> str:
    """`101`: a 1 for each flag that is set."""
    return "".join("1" if flag else "0" for flag in flags)


def _by_content(readings: Readings, landmarks: Landmarks) -> Iterator[tuple[Flags, Rows]]:
    """The readings, grouped by what their labels list: which of the lines and landmarks, shape (k + landmarks,)."""
    at_landmark = [np.isin(readings.steps, steps) for steps in landmarks.values()]
    return groups(np.column_stack([readings.reported, *at_landmark]))


def groups(flags: Flags) -> Iterator[tuple[Flags, Rows]]:
    """The distinct rows of these flags, shape (n, k), increasing, each with the indices of the rows that equal it.

    A dictionary is faster than `np.unique` for the few rows that are added to a chart.
    """
    groups: dict[bytes, list[int]] = {}
    for number, row in enumerate(flags):
        groups.setdefault(row.tobytes(), []).append(number)
    for _, rows in sorted(groups.items()):
        yield flags[rows[0]], np.array(rows)


def _listed(
    curve: Curve, readings: Readings, rows: Rows, columns: npt.NDArray[np.intp]
) -> tuple[list[str], FloatArray]:
    """The names of the values that these rows list, and the values: those of the columns, and smoothed ones."""
    names, values = [], []
    for column in columns:
        line = curve.lines[column]
        names.append(line.line.name)
        values.append(readings.values[rows, column])
        if line.smooth is not None:
            names.append(SMOOTHED_NAME)
            values.append(readings.smooth[rows, column])
    return names, np.column_stack(values)


def _template(names: list[str], exponents: Flags, notes: list[str], axis: XAxis) -> str:
    """The label's text, in which plotly.js inserts the columns of `_numbers`."""
    head = [place(axis)] if axis.steps is None else [f"step %{{customdata[{len(names)}]:,.9~f}}", place(axis)]
    formats = [".4e" if exponent else ",.4f" for exponent in exponents]
    lines = [f"{in_template(name)} %{{customdata[{i}]:{formats[i]}}}" for i, name in enumerate(names)]
    return "<br>".join([*head, *lines, *map(in_template, notes)]) + "<extra></extra>"


def place(axis: XAxis) -> str:
    """The line of a label's text with the place on the axis."""
    if axis.steps is None:
        return "step %{x:,.9~f}"
    return f"{axis.title} %{{x|%H:%M:%S}}" if axis.is_time else f"{axis.title} %{{x:,.6~g}}"


def _numbers(values: FloatArray, exponents: Flags, steps: FloatArray, axis: XAxis) -> npt.NDArray[Any]:
    """The rounded values, shape (n, k), and the steps as a last column where the x axis shows something else."""
    rounded = _rounded(values, exponents)
    return _short(rounded, exponents) if axis.steps is None else np.column_stack([rounded, steps])


def _rounded(values: FloatArray, exponents: Flags) -> FloatArray:
    """The values as the label shows them. They are rounded here, since JavaScript rounds halves differently."""
    columns = [
        [float(f"{value:.4e}") if exponent else round(value, 4) for value in column]
        for column, exponent in zip(values.T.tolist(), exponents, strict=True)
    ]
    return np.array(columns).T.copy()


def _short(rounded: FloatArray, exponents: Flags) -> npt.NDArray[Any]:
    """The values as float32, which halves the bytes, unless the label of one of them would then change."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        short = rounded.astype(np.float32)
        tolerance = np.where(exponents, np.abs(rounded) * 1e-6, 4e-5)
        return short if (np.abs(short - rounded) < tolerance).all() else rounded
