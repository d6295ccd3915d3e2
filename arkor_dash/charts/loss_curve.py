"""Which points of a job's losses a chart draws, for what the viewer looks at and how."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.findings import Best, Finding
from arkor_dash.metrics.losses import FloatArray, Losses, Series, between
from arkor_dash.metrics.smoothing import smoothed

from .downsampling import DrawnSeries, drawn, one_a_pixel, readable
from .x_axis import BY_STEP, XAxis

MIN_WIDTH_PX = 100
CLIP_PERCENTILES = (1.0, 99.0)


@dataclass(frozen=True, slots=True)
class View:
    """What the viewer looks at: a range of places on the x axis (None: all of it), on so many pixels."""

    x_range: tuple[float, float] | None = None
    width_px: int = 1000


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """How the curve is drawn: over which axis, `smoothing` in [0, 1), and how the loss axis runs.

    `clip` leaves out of the loss axis what lies beyond the percentiles `CLIP_PERCENTILES` of the view.
    """

    axis: XAxis = BY_STEP
    smoothing: float = 0.0
    log_loss: bool = False
    clip: bool = False


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What is marked on the curve. `checkpoints` are steps, increasing."""

    checkpoints: tuple[float, ...] = ()
    best: Best | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What the hover says: at each of n steps the train and the eval loss, and which of the two there was.

    `losses` and `reported` have shape (n, 2). A NaN that the job reported is a loss like any other. `smooth` has
    shape (n,): the smoothed training loss, NaN where the step has none; None without smoothing.
    """

    steps: FloatArray
    losses: FloatArray
    reported: npt.NDArray[np.bool_]
    smooth: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LossCurve:
    """All that the chart draws for one view.

    `marks` are steps in view with a loss that is not finite, at most one a pixel; `nonfinite` is how many
    such losses the view has. `extent` is the first and the last step of the job, in view or not. `smooth` is the
    smoothed training loss at the drawn steps. `loss_range` is what a clipped loss axis shows; `clipped` counts the
    points in view beyond it, `below_zero` those at or below zero, which a log axis can't show.
    """

    train: DrawnSeries
    eval: DrawnSeries
    marks: FloatArray
    readings: Readings
    nonfinite: int
    extent: tuple[float, float] | None
    options: CurveOptions = CurveOptions()
    landmarks: Landmarks = Landmarks()
    smooth: Series | None = None
    loss_range: tuple[float, float] | None = None
    clipped: int = 0
    below_zero: int = 0

    @property
    def drawn(self) -> int:
        """Points drawn within the view, both series."""
        return len(self.train.inside) + len(self.eval.inside)

    @property
    def total(self) -> int:
        """Points that the job has within the view, both series."""
        return self.train.total + self.eval.total


def loss_curve(
    losses: Losses, view: View, options: CurveOptions = CurveOptions(), landmarks: Landmarks = Landmarks()
) -> LossCurve:
    """The points to draw: in about two a pixel, all that the view's extremes and spikes need.

    A range without a point draws no point but the neighbours. Its ends may come in either order.
    """
    parts = (losses.train, losses.eval, losses.nonfinite.train, losses.nonfinite.eval)
    ends = [float(step) for part in parts if part for step in (part.steps[0], part.steps[-1])]
    extent = (min(ends), max(ends)) if ends else None
    low, high = steps_in_view(view, options.axis) or extent or (0.0, 0.0)
    width = max(view.width_px, MIN_WIDTH_PX)
    train = drawn(losses.train, low, high, width)
    evals = drawn(losses.eval, low, high, width)
    nonfinite = [between(part, low, high)[1].steps for part in parts[2:]]
    marked = np.union1d(*nonfinite)
    marks = marked[one_a_pixel(marked, width)]
    landmarks = replace(
        landmarks, checkpoints=tuple(step for step in landmarks.checkpoints if low <= step <= high)
    )
    special = np.union1d(marks, _on_points(landmarks, losses))
    readings = _readings(readable(train, evals, special, width), losses)
    curve = LossCurve(
        train, evals, marks, readings, sum(map(len, nonfinite)), extent, options=options, landmarks=landmarks
    )
    if options.smoothing and len(losses.train):
        curve = _smooth(curve, losses.train)
    if not (options.clip or options.log_loss):
        return curve
    values = np.concatenate([between(part, low, high)[1].values for part in (losses.train, losses.eval)])
    curve = replace(curve, below_zero=int((values <= 0).sum()) if options.log_loss else 0)
    return _clip(curve, values) if options.clip and len(values) else curve


def steps_in_view(view: View, axis: XAxis) -> tuple[float, float] | None:
    """The first and the last step that the view can show; None: all of them."""
    if view.x_range is None:
        return None
    low, high = axis.steps_at(np.array(sorted(view.x_range)))
    return float(low), float(high)


def _on_points(landmarks: Landmarks, losses: Losses) -> FloatArray:
    """The landmarks' steps that have a loss, so that a reading can name them."""
    best = (landmarks.best.step,) if landmarks.best else ()
    steps = np.unique(np.array([*landmarks.checkpoints, *best], dtype=np.float64))
    there = _at(losses.train, steps)[1] | _at(losses.eval, steps)[1]
    return steps[there]


def _at(series: Series, steps: FloatArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Where each step is in a series, and whether it is there at all."""
    if not len(series):
        return np.zeros(len(steps), dtype=np.intp), np.zeros(len(steps), dtype=np.bool_)
    at = np.minimum(np.searchsorted(series.steps, steps), len(series) - 1)
    return at, series.steps[at] == steps


def _readings(steps: FloatArray, losses: Losses) -> Readings:
    values, reported = np.zeros((len(steps), 2)), np.zeros((len(steps), 2), dtype=np.bool_)
    columns = (losses.train, losses.nonfinite.train), (losses.eval, losses.nonfinite.eval)
    for column, parts in enumerate(columns):
        for part in filter(len, parts):
            at, hits = _at(part, steps)
            values[hits, column] = part.values[at[hits]]
            reported[hits, column] = True
    return Readings(steps, values, reported)


def _smooth(curve: LossCurve, train: Series) -> LossCurve:
    line = smoothed(train.values, curve.options.smoothing)
    points = curve.train.points.steps
    there = np.searchsorted(train.steps, points)
    at, hits = _at(train, curve.readings.steps)
    read = np.where(hits, line[at], np.nan)
    return replace(curve, smooth=Series(points, line[there]), readings=replace(curve.readings, smooth=read))


def _clip(curve: LossCurve, values: FloatArray) -> LossCurve:
    least, most = (float(value) for value in np.percentile(values, CLIP_PERCENTILES))
    outside = int(((values < least) | (values > most)).sum())
    return replace(curve, loss_range=(least, most), clipped=outside) if outside else curve
