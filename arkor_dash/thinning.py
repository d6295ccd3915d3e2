"""Which points of a long series are drawn: indices in, indices out."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from tsdownsample import MinMaxDownsampler, MinMaxLTTBDownsampler

FloatArray = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_SHAPE = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]
_EXTREMES = MinMaxDownsampler()  # type: ignore[no-untyped-call]


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


def one_a_pixel(steps: FloatArray, width_px: int) -> Indices:
    """Indices of the first step in each pixel that has any; all of them where they are few."""
    if len(steps) <= width_px:
        return np.arange(len(steps))
    spanned = _spanned(steps)
    pixels = np.floor((spanned - spanned[0]) / (spanned[-1] - spanned[0]) * width_px)
    return np.unique(pixels, return_index=True)[1]


def _spanned(steps: FloatArray) -> FloatArray:
    """The steps, shrunk where a float could not hold the distance from the first to the last."""
    first, last = float(steps[0]), float(steps[-1])
    return steps if math.isfinite(last - first) else steps / 4
