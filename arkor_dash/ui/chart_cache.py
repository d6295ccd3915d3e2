"""The charts that each viewer has seen last, so that an unchanged one is not computed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arkor_dash.charts.curve import CurveOptions
from arkor_dash.metrics.findings import Finding

from .session import ViewerValue


@dataclass(frozen=True, slots=True)
class ChartCache:
    """A chart, and the `key` of the data and options that it shows."""

    key: object
    figure: dict[str, Any]
    alt: str
    note: str = ""
    findings: tuple[Finding, ...] = ()
    options: CurveOptions | None = None


def keep_chart(chart: ChartCache, kind: str = "loss") -> None:
    _chart(kind).set(chart)


def kept_chart(kind: str = "loss") -> ChartCache | None:
    """The chart of that kind that was drawn last for this viewer."""
    return _chart(kind).get()


def _chart(kind: str) -> ViewerValue[ChartCache | None]:
    return ViewerValue(f"chart_{kind}", None)
