"""Invisible traces that carry the hover labels of the loss chart.

Each point of such a trace is one step that the pointer can select. Its label shows the losses of exactly that step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.series import FloatArray
from arkor_dash.metrics.value_format import too_small_for_decimals

from .loss_curve import LossCurve, Readings
from .traces import flat_trace
from .x_axis import XAxis

TRAIN_NAME, EVAL_NAME, SMOOTHED_NAME = "Training loss", "Eval loss", "Smoothed"
AT_BEST, AT_CHECKPOINT = "best eval loss", "checkpoint saved"
HEIGHT = 50
"""All points lie at one height of the hover's own axis, so the pointer selects the closest step."""

Rows = npt.NDArray[np.bool_]


def hover_traces(curve: LossCurve, yaxis: str) -> list[dict[str, Any]]:
    """One trace for each form of label: the losses it lists, how they are formatted, and the landmarks it names."""
    axis = curve.options.axis
    traces = []
    for readings, columns, notes in _by_content(curve):
        names = [name for name, is_listed in zip((TRAIN_NAME, EVAL_NAME), columns, strict=True) if is_listed]
        values = readings.losses[:, columns]
        if columns[0] and readings.smooth is not None:
            names.append(SMOOTHED_NAME)
            values = np.column_stack([values, readings.smooth])
        for rows, exponents in _by_format(values):
            steps = readings.steps[rows]
            label = {
                "hovertemplate": _template(names, exponents, notes, axis),
                "customdata": _numbers(values[rows], exponents, steps, axis),
            }
            style = {"mode": "none", "showlegend": False, "yaxis": yaxis, "hoverinfo": "text"}
            traces.append(flat_trace("", axis, steps, HEIGHT, **style, **label))
    return traces


def _by_content(curve: LossCurve) -> Iterator[tuple[Readings, list[bool], list[str]]]:
    """Readings grouped by the losses and landmarks that their labels list.

    Each group comes with a flag for training and for eval loss, True if listed, and with the landmarks' texts.
    """
    readings, best = curve.readings, curve.landmarks.best
    at_best = np.isin(readings.steps, [best.step] if best else [])
    at_checkpoint = np.isin(readings.steps, curve.landmarks.checkpoints)
    landmarks = np.column_stack([at_best, at_checkpoint])
    for columns in ([True, False], [False, True], [True, True]):
        for marked in product((False, True), repeat=2):
            rows = (readings.reported == columns).all(axis=1) & (landmarks == marked).all(axis=1)
            if rows.any():
                texts = zip((AT_BEST, AT_CHECKPOINT), marked, strict=True)
                yield _select(readings, rows), columns, [text for text, is_marked in texts if is_marked]


def _by_format(values: FloatArray) -> Iterator[tuple[Rows, Rows]]:
    """Rows of `values`, shape (n, k), grouped by the format of their columns.

    Each group is a mask of the rows, shape (n,), and a mask of the columns with an exponent, shape (k,).
    """
    small = too_small_for_decimals(values)
    for exponents in np.unique(small, axis=0):
        yield (small == exponents).all(axis=1), exponents


def _select(readings: Readings, rows: Rows) -> Readings:
    return replace(
        readings,
        steps=readings.steps[rows],
        losses=readings.losses[rows],
        reported=readings.reported[rows],
        smooth=None if readings.smooth is None else readings.smooth[rows],
    )


def _template(names: list[str], exponents: Rows, notes: list[str], axis: XAxis) -> str:
    """The label's text, in which plotly.js inserts the columns of `_numbers`."""
    if axis.steps is None:
        head = ["step %{x:.9~f}"]
    else:
        place = "%{x|%H:%M:%S}" if axis.is_time else "%{x:.6~g}"
        head = [f"step %{{customdata[{len(names)}]:.9~f}}", f"{axis.title} {place}"]
    formats = [".4e" if exponent else ".4f" for exponent in exponents]
    lines = [f"{name} %{{customdata[{i}]:{formats[i]}}}" for i, name in enumerate(names)]
    return "<br>".join([*head, *lines, *notes]) + "<extra></extra>"


def _numbers(values: FloatArray, exponents: Rows, steps: FloatArray, axis: XAxis) -> npt.NDArray[Any]:
    """The rounded values, shape (n, k), and the steps as a last column where the x axis shows something else."""
    rounded = _rounded(values, exponents)
    return _short(rounded, exponents) if axis.steps is None else np.column_stack([rounded, steps])


def _rounded(values: FloatArray, exponents: Rows) -> FloatArray:
    """The values as the label shows them. They are rounded here, since JavaScript rounds halves differently."""
    columns = [
        [float(f"{value:.4e}") if exponent else round(value, 4) for value in column]
        for column, exponent in zip(values.T.tolist(), exponents, strict=True)
    ]
    return np.array(columns).T.copy()


def _short(rounded: FloatArray, exponents: Rows) -> npt.NDArray[Any]:
    """The values as float32, which halves the bytes, unless the label of one of them would then change."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        short = rounded.astype(np.float32)
        tolerance = np.where(exponents, np.abs(rounded) * 1e-6, 4e-5)
        return short if (np.abs(short - rounded) < tolerance).all() else rounded
