"""What the pointer is told: unseen traces that hold, for each step, what it really has."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from .loss_curve import LossCurve, Readings
from .traces import level
from .x_axis import XAxis

TRAIN_NAME, EVAL_NAME, SMOOTHED_NAME = "Training loss", "Eval loss", "Smoothed"
DECIMALS_STAND = 4e-5
AT_BEST, AT_CHECKPOINT = "best eval loss", "checkpoint saved"


def hover_traces(curve: LossCurve, yaxis: str) -> list[dict[str, Any]]:
    """One trace for the steps that have the same losses and the same landmarks, each with its label."""
    readings, best = curve.readings, curve.landmarks.best
    landmarks = np.column_stack(
        [
            np.isin(readings.steps, [best.step] if best else []),
            np.isin(readings.steps, curve.landmarks.checkpoints),
        ]
    )
    traces = []
    for which in ([True, False], [False, True], [True, True]):
        for noted in product((False, True), repeat=2):
            rows = (readings.reported == which).all(axis=1) & (landmarks == noted).all(axis=1)
            if rows.any():
                notes = [note for note, there in zip((AT_BEST, AT_CHECKPOINT), noted, strict=True) if there]
                label = _label(_only(readings, rows), which, notes, curve.options.axis)
                unseen = {"mode": "none", "showlegend": False, "yaxis": yaxis, "hoverinfo": "text"}
                traces.append(level("", curve.options.axis, readings.steps[rows], 50, **unseen, **label))
    return traces


def _only(readings: Readings, rows: npt.NDArray[np.bool_]) -> Readings:
    smooth = None if readings.smooth is None else readings.smooth[rows]
    return replace(
        readings,
        steps=readings.steps[rows],
        losses=readings.losses[rows],
        reported=readings.reported[rows],
        smooth=smooth,
    )


def _label(readings: Readings, which: list[bool], notes: list[str], axis: XAxis) -> dict[str, Any]:
    names = [name for name, shown in zip((TRAIN_NAME, EVAL_NAME), which, strict=True) if shown]
    values = readings.losses[:, which]
    if which[0] and readings.smooth is not None:
        names.append(SMOOTHED_NAME)
        values = np.column_stack([values, readings.smooth])
    # Rounded here, since JavaScript rounds what lies in the middle another way than the event log.
    said = np.array([round(value, 4) for value in values.ravel().tolist()]).reshape(values.shape)
    lines = [f"{name} %{{customdata[{i}]:.4f}}" for i, name in enumerate(names)]
    if axis.steps is None:
        head = ["step %{x:.9~f}"]
        with np.errstate(over="ignore", invalid="ignore"):
            short = said.astype(np.float32)
            # Half the bytes, wherever the four decimals come out the same.
            if np.abs(short - said).max() < DECIMALS_STAND:
                said = short
    else:
        said = np.column_stack([said, readings.steps])
        place = "%{x|%H:%M:%S}" if axis.is_time else "%{x:.6~g}"
        head = [f"step %{{customdata[{len(names)}]:.9~f}}", f"{axis.title} {place}"]
    return {"hovertemplate": "<br>".join([*head, *lines, *notes]) + "<extra></extra>", "customdata": said}
