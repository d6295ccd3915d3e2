"""Which points of a long series are drawn, and which steps the pointer can select."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tsdownsample import MinMaxDownsampler, MinMaxLTTBDownsampler

from arkor_dash.metrics.series import FloatArray, Series, between

Indices = npt.NDArray[np.intp]

EVAL_PROMINENCE = 3.0
"""A solid line is selected over a nearby eval if its prominence there is more than this many times its median."""

_MIN_MAX_LTTB = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]
_MIN_MAX = MinMaxDownsampler()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSeries:
    """The points of one series that are drawn.

    `points` are the points `inside` the view and the nearest one beyond each edge, so that the line reaches the edge.
    `total` is the number of points in the view before downsampling.
    """

    points: Series
    inside: Series
    total: int


def downsample(series: Series, low: float, high: float, width_px: int) -> DrawnSeries:
    """The points to draw of a series in a view from step `low` to step `high`."""
    inside, in_view = between(series, low, high)
    kept = inside.start + downsampled_indices(in_view.steps, in_view.values, width_px)
    before = [inside.start - 1] if inside.start > 0 else []
    after = [inside.stop] if inside.stop < len(series) else []
    chosen = np.concatenate([before, kept, after]).astype(np.intp)
    points = Series(series.steps[chosen], series.values[chosen])
    trimmed = slice(len(before), len(before) + len(kept))
    return DrawnSeries(points, Series(points.steps[trimmed], points.values[trimmed]), len(in_view))


def hover_steps(
    solid: Sequence[DrawnSeries], evals: Sequence[DrawnSeries], marks: FloatArray, width_px: int
) -> FloatArray:
    """The steps that the pointer can select, increasing: all drawn or marked ones, or about one in two pixels.

    The pointer moves by whole pixels and can't reach each of several steps in one pixel. Of these, a marked step is
    chosen, else the most prominent one. The first and the last step are always included.

    Args: solid, evals: the drawn lines of each kind. marks: steps, increasing, that must stay selectable.
    """
    steps = np.unique(np.concatenate([*(each.inside.steps for each in (*solid, *evals)), marks]))
    if len(steps) <= width_px:
        return steps
    ranks = [(each, prominence(each.inside.values)) for each in solid]
    solid_ranks = np.concatenate([*(rank for _, rank in ranks), np.empty(0)])
    lowest = 0.0
    if len(solid_ranks):
        with np.errstate(over="ignore"):
            # The smallest positive float ranks an eval above a flat solid line, whose median is zero.
            lowest = EVAL_PROMINENCE * float(np.median(solid_ranks)) + float(np.finfo(np.float64).tiny)
    ranks += [(each, np.maximum(prominence(each.inside.values), lowest)) for each in evals]
    rank = np.zeros(len(steps))
    for each, own in ranks:
        at = np.searchsorted(steps, each.inside.steps)
        rank[at] = np.maximum(rank[at], own)
    rank[np.searchsorted(steps, marks)] = np.inf
    rank[[0, -1]] = np.inf
    return steps[one_per_pixel(steps, width_px // 2, rank)]


def downsampled_indices(steps: FloatArray, values: FloatArray, width_px: int) -> Indices:
    """Indices of the points to draw, increasing: all of them, or about two per pixel.

    They include the first and the last point, and the lowest and the highest point of every two pixels.

    Args: steps: shape (n,), strictly increasing, finite. values: shape (n,), finite. width_px: at least 2.
    Source: MinMaxLTTB, Van Der Donckt et al., https://arxiv.org/abs/2305.00332, keeps the shape of the line. It can
        skip one of two close extremes, so the points of MinMax are added.
    """
    if len(steps) <= 2 * width_px:
        return np.arange(len(steps))
    bins = _with_finite_span(steps)
    shape = _MIN_MAX_LTTB.downsample(bins, values, n_out=width_px)
    extremes = _MIN_MAX.downsample(bins, values, n_out=width_px // 2 * 2)
    return np.union1d(shape, extremes).astype(np.intp)


def one_per_pixel(steps: FloatArray, width_px: int, rank: FloatArray | None = None) -> Indices:
    """Indices of one step per pixel, increasing: the first one there, or the one that ranks highest.

    All indices if there are at most `width_px` steps.
    Args: steps: shape (n,), increasing. rank: shape (n,), no NaN.
    """
    if len(steps) <= width_px:
        return np.arange(len(steps))
    scaled = _with_finite_span(steps)
    pixels = np.floor((scaled - scaled[0]) / (scaled[-1] - scaled[0]) * width_px)
    firsts = np.unique(pixels, return_index=True)[1]
    return firsts if rank is None else np.lexsort((-rank, pixels))[firsts]


def prominence(values: FloatArray) -> FloatArray:
    """The distance of each value from the mean of its two neighbours, in the same shape; 0 for the ends."""
    distance = np.zeros(len(values))
    if len(values) > 2:
        with np.errstate(over="ignore"):
            distance[1:-1] = np.abs(values[1:-1] - (values[:-2] / 2 + values[2:] / 2))
    return distance


def _with_finite_span(steps: FloatArray) -> FloatArray:
    """The steps, scaled down if the distance from the first to the last exceeds a float's range."""
    first, last = float(steps[0]), float(steps[-1])
    return steps if math.isfinite(last - first) else steps / 4
