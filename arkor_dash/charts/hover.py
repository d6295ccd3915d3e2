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

from arkor_dash.metrics.losses import FloatArray
from arkor_dash.metrics.value_format import too_small_for_decimals

from .loss_curve import LossCurve, Readings
from .traces import level
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
    for readings, which, notes in _by_content(curve):
        names = [name for name, shown in zip((TRAIN_NAME, EVAL_NAME), which, strict=True) if shown]
        values = readings.losses[:, which]
        if which[0] and readings.smooth is not None:
            names.append(SMOOTHED_NAME)
            values = np.column_stack([values, readings.smooth])
        for rows, exponents in _by_format(values):
            steps = readings.steps[rows]
            label = {
                "hovertemplate": _template(names, exponents, notes, axis),
                "customdata": _numbers(values[rows], exponents, steps, axis),
            }
            style = {"mode": "none", "showlegend": False, "yaxis": yaxis, "hoverinfo": "text"}
            traces.append(level("", axis, steps, HEIGHT, **style, **label))
    return traces


def _by_content(curve: LossCurve) -> Iterator[tuple[Readings, list[bool], list[str]]]:
    """Readings that list the same losses and landmarks: which of train and eval, and the texts of the landmarks."""
    readings, best = curve.readings, curve.landmarks.best
    at_best = np.isin(readings.steps, [best.step] if best else [])
    at_checkpoint = np.isin(readings.steps, curve.landmarks.checkpoints)
    landmarks = np.column_stack([at_best, at_checkpoint])
    for which in ([True, False], [False, True], [True, True]):
        for marked in product((False, True), repeat=2):
            rows = (readings.reported == which).all(axis=1) & (landmarks == marked).all(axis=1)
            if rows.any():
                texts = zip((AT_BEST, AT_CHECKPOINT), marked, strict=True)
                yield _select(readings, rows), which, [text for text, is_there in texts if is_there]


def _by_format(values: FloatArray) -> Iterator[tuple[Rows, Rows]]:
    """Rows of `values`, shape (n, k), with the same formats: shape (n,), and shape (k,) for exponent or decimals."""
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
    """The values as the label shows them, since JavaScript rounds halves otherwise than the event log does."""
    columns = [
        [float(f"{value:.4e}") if exponent else round(value, 4) for value in column]
        for column, exponent in zip(values.T.tolist(), exponents, strict=True)
    ]
    return np.array(columns).T.copy()


def _short(rounded: FloatArray, exponents: Rows) -> npt.NDArray[Any]:
    """The values as float32, which halves the bytes, unless one of them would then read differently."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        short = rounded.astype(np.float32)
        tolerance = np.where(exponents, np.abs(rounded) * 1e-6, 4e-5)
        return short if (np.abs(short - rounded) < tolerance).all() else rounded
