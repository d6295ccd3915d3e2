"""The text of a number on a page: four decimals, or an exponent for small and very large values; or a step."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from arkor_dash.protocol.events import format_loss, format_step

from .series import FloatArray

SMALLEST_DECIMAL = 0.01
"""The smallest magnitude of which four decimals show three digits. Smaller ones could not be told apart."""
LARGEST_DECIMAL = 1e12
"""From this magnitude on, an exponent is used, since the text with four decimals would be too long."""


def format_value(value: float) -> str:
    """`1,234.5000`, or `3.2100e-5` and `1.0000e+12` for magnitudes outside [0.01, 1e12); `NaN`, `-Infinity`.

    The exponent has no padding, as in JavaScript, which formats the same values in the charts' hover labels.
    """
    if not math.isfinite(value):
        return format_loss(value)
    if value != 0 and not SMALLEST_DECIMAL <= abs(value) < LARGEST_DECIMAL:
        mantissa, exponent = f"{value:.4e}".split("e")
        return f"{mantissa}e{int(exponent):+d}"
    return f"{value + 0.0:,.4f}"  # adding 0.0 turns -0.0 into 0.0


def share_text(share: float) -> str:
    """`53%`: rounded down, so that only what is whole is 100%. `share` is from 0 to 1."""
    return f"{math.floor(100 * share + 1e-9)}%"


def shown_step(step: float) -> str:
    """`12,000` and `7.5`: a step as the pages show it. The event log and file names have it as `format_step` does."""
    whole, dot, fraction = format_step(step).partition(".")
    return f"{int(whole):,}{dot}{fraction}" if whole.lstrip("-").isdecimal() else f"{whole}{dot}{fraction}"


def needs_exponent(values: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether `format_value` shows an exponent for each value. Same shape; False for values that are not finite."""
    magnitudes = np.abs(values)
    outside = (magnitudes < SMALLEST_DECIMAL) | (magnitudes >= LARGEST_DECIMAL)
    found: npt.NDArray[np.bool_] = outside & (values != 0) & np.isfinite(values)
    return found


def short_value(value: float) -> str:
    """`0.93` and `2e-6`: the text of `format_value` without trailing zeros."""
    if not math.isfinite(value):
        return format_value(value)
    digits, *exponent = format_value(value).split("e")
    return "e".join([digits.rstrip("0").rstrip("."), *exponent])
