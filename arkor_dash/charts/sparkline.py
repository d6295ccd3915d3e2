"""A metric of a job as a small line in the list of jobs."""

from __future__ import annotations

from collections.abc import Sequence

from arkor_dash.metrics.value_format import format_value

HEIGHT = 100
"""The height of the highest point. The lowest one is at 0."""


def heights(values: Sequence[float]) -> tuple[int, ...]:
    """The height of each value, which is finite, as a whole number. Equal values are half as high."""
    lowest, highest = min(values, default=0.0), max(values, default=0.0)
    # Halved, since the difference of two huge values may be infinite.
    spread = highest / 2 - lowest / 2
    if not spread:
        return (HEIGHT // 2,) * len(values)
    return tuple(round(HEIGHT * ((value / 2 - lowest / 2) / spread)) for value in values)


def in_words(values: Sequence[float]) -> str:
    """The line for whoever does not see it."""
    return f"From {format_value(values[0])} to {format_value(values[-1])}"
