"""A metric in a few points, kept up to date with each report: the small curve in the list of jobs.

It is sent as a text, the points with spaces between them. There are many jobs in a list, and only some are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

POINTS_LIMIT = 32
TEXT_LIMIT = 12 * POINTS_LIMIT
"""The characters of the longest text of a curve."""


@dataclass(frozen=True, slots=True)
class ThinCurve:
    """The means of every `stride` finite values, in order, with four digits. The next mean has `count` values so far.

    `part` is what those add to it. Once there are `POINTS_LIMIT` means, each two become one, so that a curve always
    needs the same little room.
    """

    stride: int = 1
    means: tuple[float, ...] = ()
    part: float = 0.0
    count: int = 0

    def followed_by(self, values: Iterable[float]) -> ThinCurve:
        """The curve with further values, in the order of their reports. Those that are not finite are left out."""
        stride, means, part, count = self.stride, list(self.means), self.part, self.count
        for value in filter(math.isfinite, values):
            part, count = part + value / stride, count + 1
            if count < stride:
                continue
            means.append(_rounded(part))
            part, count = 0.0, 0
            if len(means) == POINTS_LIMIT:
                pairs = zip(means[::2], means[1::2], strict=True)
                means = [_rounded(one / 2 + other / 2) for one, other in pairs]
                stride *= 2
        return ThinCurve(stride, tuple(means), part, count)

    def as_text(self) -> str:
        """The curve to be stored: what follows on it, a `;`, and its means."""
        return f"{self.stride} {self.count} {self.part!r};{points_text(self.means)}"


def stored_curve(text: str) -> ThinCurve:
    """The curve that `ThinCurve.as_text` has written."""
    head, _, means = text.partition(";")
    stride, count, part = head.split()
    return ThinCurve(int(stride), tuple(map(float, means.split())), float(part), int(count))


def stored_points(text: str) -> str:
    """The points of a curve that `ThinCurve.as_text` has written, as they are sent. The newest one is last."""
    head, _, means = text.partition(";")
    stride, count, part = head.split()
    if count == "0":
        return means
    newest = _text(float(part) / int(count) * int(stride))
    return f"{means} {newest}" if means else newest


def points_text(points: Iterable[float]) -> str:
    """Finite points as they are sent."""
    return " ".join(map(_text, points))


def read_points(text: str) -> tuple[float, ...]:
    """The points of a curve that was sent; none if it has another form."""
    try:
        points = tuple(map(float, text[:TEXT_LIMIT].split()))
    except ValueError:
        return ()
    return points if len(points) <= POINTS_LIMIT and all(map(math.isfinite, points)) else ()


def _rounded(value: float) -> float:
    return float(_text(value))


def _text(value: float) -> str:
    return f"{value:.4g}"
