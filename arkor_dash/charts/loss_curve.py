"""The points of a loss chart: the part of a job's losses that is drawn in one view with one set of options."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from arkor_dash.metrics.findings import Best, Finding
from arkor_dash.metrics.losses import Losses
from arkor_dash.metrics.series import FloatArray, Series, between
from arkor_dash.metrics.smoothing import smoothed

from .downsampling import DrawnSeries, downsample, hover_steps, one_per_pixel
from .x_axis import BY_STEP, XAxis

MIN_WIDTH_PX = 100
CLIP_PERCENTILES = (1.0, 99.0)


@dataclass(frozen=True, slots=True)
class View:
    """The visible range of positions on the x axis (None: all of it), and the chart's width in pixels."""

    x_range: tuple[float, float] | None = None
    width_px: int = 1000


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """How the viewer wants the curve drawn.

    `smoothing` in [0, 1) is the weight of the moving average; 0 draws none. `clip` limits the loss axis to the
    percentiles `CLIP_PERCENTILES` of the losses in view.
    """

    axis: XAxis = BY_STEP
    smoothing: float = 0.0
    log_loss: bool = False
    clip: bool = False


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The marked points of the chart: the steps of checkpoints, increasing, the best eval loss, and the findings."""

    checkpoints: tuple[float, ...] = ()
    best: Best | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """The values of the hover labels: training and eval loss at each of n steps.

    `losses` has shape (n, 2): training, eval. `reported`, in the same shape, says which of them the step has; a
    reported loss can be NaN. `smooth` has shape (n,): the smoothed training loss, NaN at a step without one. It is
    None without smoothing.
    """

    steps: FloatArray
    losses: FloatArray
    reported: npt.NDArray[np.bool_]
    smooth: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LossCurve:
    """Everything that the chart draws for one view.

    `nonfinite` counts the losses in view that are not finite; `marks` are their steps, at most one per pixel.
    `extent` is the first and the last step of the job, in view or not. `smooth` is the smoothed training loss at the
    drawn steps. `loss_range` is the range of a clipped loss axis, and `clipped` counts the points in view outside it.
    `below_zero` counts the points in view that a log axis can't show.
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
        """The number of points drawn in the view, of both series."""
        return len(self.train.inside) + len(self.eval.inside)

    @property
    def total(self) -> int:
        """The number of points in the view before downsampling, of both series."""
        return self.train.total + self.eval.total


def loss_curve(
    losses: Losses, view: View, options: CurveOptions = CurveOptions(), landmarks: Landmarks = Landmarks()
) -> LossCurve:
    """The points to draw, about two per pixel, with every extreme and spike of the view.

    If there is no point in the view, only its neighbours are drawn. The ends of the range may be in either order.
    """
    parts = (losses.train, losses.eval, losses.nonfinite.train, losses.nonfinite.eval)
    ends = [float(step) for part in parts if part for step in (part.steps[0], part.steps[-1])]
    extent = (min(ends), max(ends)) if ends else None
    low, high = steps_in_view(view, options.axis) or extent or (0.0, 0.0)
    width = max(view.width_px, MIN_WIDTH_PX)
    train = downsample(losses.train, low, high, width)
    evals = downsample(losses.eval, low, high, width)
    nonfinite = [between(part, low, high)[1].steps for part in parts[2:]]
    marked = np.union1d(*nonfinite)
    marks = marked[one_per_pixel(marked, width)]
    landmarks = replace(
        landmarks, checkpoints=tuple(step for step in landmarks.checkpoints if low <= step <= high)
    )
    special = np.union1d(marks, _on_points(landmarks, losses))
    readings = _readings(hover_steps(train, evals, special, width), losses)
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
    """The steps at the edges of the view; None if it shows all."""
    if view.x_range is None:
        return None
    low, high = axis.steps_at(np.array(sorted(view.x_range)))
    return float(low), float(high)


def _on_points(landmarks: Landmarks, losses: Losses) -> FloatArray:
    """The steps of the landmarks that have a loss, and thus a hover label that can name them."""
    best = (landmarks.best.step,) if landmarks.best else ()
    steps = np.unique(np.array([*landmarks.checkpoints, *best], dtype=np.float64))
    has_loss = _at(losses.train, steps)[1] | _at(losses.eval, steps)[1]
    return steps[has_loss]


def _at(series: Series, steps: FloatArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """For each step, shape (n,): an index into the series, and whether the series has the step there."""
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
    smooth = smoothed(train.values, curve.options.smoothing)
    points = curve.train.points.steps
    at_points = np.searchsorted(train.steps, points)
    at, hits = _at(train, curve.readings.steps)
    in_labels = np.where(hits, smooth[at], np.nan)
    readings = replace(curve.readings, smooth=in_labels)
    return replace(curve, smooth=Series(points, smooth[at_points]), readings=readings)


def _clip(curve: LossCurve, values: FloatArray) -> LossCurve:
    low, high = (float(value) for value in np.percentile(values, CLIP_PERCENTILES))
    outside = int(((values < low) | (values > high)).sum())
    return replace(curve, loss_range=(low, high), clipped=outside) if outside else curve
