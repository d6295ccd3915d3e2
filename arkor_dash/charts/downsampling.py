"""Which points of a long series are drawn, and at which steps their values can be read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tsdownsample import MinMaxDownsampler, MinMaxLTTBDownsampler

from arkor_dash.metrics.losses import FloatArray, Series, between

Indices = npt.NDArray[np.intp]

EVAL_RANK = 3.0
"""How many times more than usual a training loss must stand out to be read rather than an eval point beside it."""

_SHAPE = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]
_EXTREMES = MinMaxDownsampler()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSeries:
    """The points of one series that are drawn.

    `points` are those `inside` the view, and the nearest one beyond each edge, so that the line runs to it.
    `total` is how many the series has in the view.
    """

    points: Series
    inside: Series
    total: int


def drawn(series: Series, low: float, high: float, width_px: int) -> DrawnSeries:
    """What to draw of a series where the view is from step `low` to step `high`."""
    inside, in_view = between(series, low, high)
    kept = inside.start + thinned(in_view.steps, in_view.values, width_px)
    before = [inside.start - 1] if inside.start > 0 else []
    after = [inside.stop] if inside.stop < len(series) else []
    chosen = np.concatenate([before, kept, after]).astype(np.intp)
    points = Series(series.steps[chosen], series.values[chosen])
    trimmed = slice(len(before), len(before) + len(kept))
    return DrawnSeries(points, Series(points.steps[trimmed], points.values[trimmed]), len(in_view))


def readable(train: DrawnSeries, evals: DrawnSeries, marks: FloatArray, width_px: int) -> FloatArray:
    """The steps whose values can be read: all that are drawn or marked, or one in two pixels.

    The pointer moves by whole pixels, so of steps closer together it would pass over some, whichever they are.
    Here the step is a marked one or an end, else the one that stands out most.
    """
    steps = np.union1d(np.union1d(train.inside.steps, evals.inside.steps), marks)
    if len(steps) <= width_px:
        return steps
    out, evals_out = standing_out(train.inside.values), standing_out(evals.inside.values)
    if len(out):
        with np.errstate(over="ignore"):
            # The least number there is decides for the eval point beside a line that is flat.
            least = EVAL_RANK * np.median(out) + np.finfo(np.float64).tiny
        evals_out = np.maximum(evals_out, least)
    rank = np.zeros(len(steps))
    for series, own in ((train, out), (evals, evals_out)):
        at = np.searchsorted(steps, series.inside.steps)
        rank[at] = np.maximum(rank[at], own)
    rank[np.searchsorted(steps, marks)] = np.inf
    rank[[0, -1]] = np.inf
    return steps[one_a_pixel(steps, width_px // 2, rank)]


def thinned(steps: FloatArray, values: FloatArray, width_px: int) -> Indices:
    """Indices of the points to draw, increasing: all of them, or about two a pixel.

    The first and the last are among them, as LTTB has it, and the least and the greatest of each two pixels.

    Args: steps: shape (n,), strictly increasing, finite; values: shape (n,), finite; width_px: >= 2.
    Source: MinMaxLTTB, Van Der Donckt et al., https://arxiv.org/abs/2305.00332, for the shape of the line; as
        it may pass over one of two close extremes, MinMax adds these.
    """
    if len(steps) <= 2 * width_px:
        return np.arange(len(steps))
    bins = _spanned(steps)
    shape = _SHAPE.downsample(bins, values, n_out=width_px)
    extremes = _EXTREMES.downsample(bins, values, n_out=width_px // 2 * 2)
    return np.union1d(shape, extremes).astype(np.intp)


def one_a_pixel(steps: FloatArray, width_px: int, rank: FloatArray | None = None) -> Indices:
    """Indices of the first step in each pixel that has any, or of the one that ranks highest; all if few.

    Args: rank: shape (n,), no NaN.
    """
    if len(steps) <= width_px:
        return np.arange(len(steps))
    spanned = _spanned(steps)
    pixels = np.floor((spanned - spanned[0]) / (spanned[-1] - spanned[0]) * width_px)
    firsts = np.unique(pixels, return_index=True)[1]
    return firsts if rank is None else np.lexsort((-rank, pixels))[firsts]


def standing_out(values: FloatArray) -> FloatArray:
    """How far each value is from the middle of its two neighbours; 0 for the ends."""
    away = np.zeros(len(values))
    if len(values) > 2:
        with np.errstate(over="ignore"):
            away[1:-1] = np.abs(values[1:-1] - (values[:-2] / 2 + values[2:] / 2))
    return away


def _spanned(steps: FloatArray) -> FloatArray:
    """The steps, shrunk where a float could not hold the distance from the first to the last."""
    first, last = float(steps[0]), float(steps[-1])
    return steps if math.isfinite(last - first) else steps / 4
