"""The loss chart in two steps: which points are drawn (`loss_curve`), and how (`loss_figure`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from .events import format_loss, format_step
from .losses import FloatArray, Losses, Series
from .thinning import one_a_pixel, thinned

TRAIN_NAME, EVAL_NAME, NONFINITE_NAME = "Training loss", "Eval loss", "Not finite"
MIN_WIDTH_PX = 100
DRAWABLE = 1e300


@dataclass(frozen=True, slots=True)
class View:
    """What the viewer looks at: a range of steps (None: all of them), on so many pixels."""

    x_range: tuple[float, float] | None = None
    width_px: int = 1000


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSeries:
    """The points of one series that are drawn.

    `points` are those `inside` the view, and the nearest one beyond each edge, so that the line runs to it.
    `total` is how many the series has in the view.
    """

    points: Series
    inside: Series
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What the hover says: at each step, the train and eval loss reported, None where there was none."""

    steps: FloatArray
    train: list[float | None]
    eval: list[float | None]


@dataclass(frozen=True, slots=True, eq=False)
class LossCurve:
    """All that the chart draws for one view.

    `marks` are steps in view with a loss that is not finite, at most one a pixel; `nonfinite` is how many
    such losses the view has. `extent` is the first and the last step of the job, in view or not.
    """

    train: DrawnSeries
    eval: DrawnSeries
    marks: FloatArray
    readings: Readings
    nonfinite: int
    extent: tuple[float, float] | None

    @property
    def drawn(self) -> int:
        """Points drawn within the view, both series."""
        return len(self.train.inside) + len(self.eval.inside)

    @property
    def total(self) -> int:
        """Points that the job has within the view, both series."""
        return self.train.total + self.eval.total


@dataclass(frozen=True, slots=True)
class ChartTheme:
    """CSS colours and a CSS font, by name: `inherit` would reach Plotly's own, and measure by the page's."""

    train: str
    eval: str
    nonfinite: str
    text: str
    grid: str
    hover: str
    background: str = "rgba(0,0,0,0)"
    font: str = '"Source Sans", sans-serif'


LIGHT = ChartTheme("#0d9488", "#db2777", "#b45309", "#334155", "#e2e8f0", "#ffffff")
DARK = ChartTheme("#2dd4bf", "#f472b6", "#fbbf24", "#cbd5e1", "#334155", "#1e293b")


def loss_curve(losses: Losses, view: View) -> LossCurve:
    """The points to draw: in about two a pixel, all that the view's extremes and spikes need.

    A range without a point draws no point but the neighbours. Its ends may come in either order.
    """
    parts = (losses.train, losses.eval, losses.nonfinite.train, losses.nonfinite.eval)
    ends = [float(step) for part in parts if part for step in (part.steps[0], part.steps[-1])]
    extent = (min(ends), max(ends)) if ends else None
    low, high = sorted(view.x_range or extent or (0.0, 0.0))
    width = max(view.width_px, MIN_WIDTH_PX)
    train = _drawn(losses.train, low, high, width)
    evals = _drawn(losses.eval, low, high, width)
    nonfinite = [_between(part, low, high)[1].steps for part in parts[2:]]
    marked = np.union1d(*nonfinite)
    marks = marked[one_a_pixel(marked, width)]
    steps = np.union1d(np.union1d(train.inside.steps, evals.inside.steps), marks)
    train_at = _at(steps, losses.train, losses.nonfinite.train)
    readings = Readings(steps, train_at, _at(steps, losses.eval, losses.nonfinite.eval))
    return LossCurve(train, evals, marks, readings, sum(map(len, nonfinite)), extent)


def loss_figure(curve: LossCurve, theme: ChartTheme) -> go.Figure:
    """The figure: training loss solid, eval loss dashed with markers, each only if it has points.

    The traces that are seen say nothing on hover: Plotly's unified label would give a step without an eval
    loss that of the nearest eval step. A trace that is not seen holds what each step really has.
    """
    train, evals = curve.train.points, curve.eval.points
    traces: list[dict[str, Any]] = []
    if train:
        # A line through one point is nothing at all.
        mode = "lines" if len(train) > 1 else "markers"
        line = {"color": theme.train, "width": 1.75, "dash": "solid"}
        traces.append(_trace(TRAIN_NAME, train, mode=mode, line=line, marker={"color": theme.train}))
    if evals:
        line = {"color": theme.eval, "width": 1.75, "dash": "dash"}
        traces.append(_trace(EVAL_NAME, evals, mode="lines+markers", line=line, marker={"color": theme.eval}))
    # Plotly makes no axis that only overlays one without a trace.
    beside = "y2" if traces else "y"
    if len(curve.marks):
        marks = Series(curve.marks, np.full(len(curve.marks), 0.03))
        marker = {"color": theme.nonfinite, "size": 9, "symbol": "triangle-up"}
        traces.append(_trace(NONFINITE_NAME, marks, yaxis=beside, mode="markers", marker=marker))
    if traces:
        traces.append(_hover_trace(curve.readings, beside))
    return go.Figure({"data": traces, "layout": _layout(curve, theme)})


def figure_json(figure: go.Figure) -> dict[str, Any]:
    """The figure as JSON values: numbers exact, in the base64 arrays that plotly.js reads from 2.35 on."""
    return dict(figure.to_dict())


def chart_alt(curve: LossCurve) -> str:
    """One sentence for those who can't see the chart."""
    parts = [_described(TRAIN_NAME, curve.train), _described(EVAL_NAME, curve.eval)]
    if curve.nonfinite:
        parts.append(f"{curve.nonfinite:,} {'loss' if curve.nonfinite == 1 else 'losses'} not finite")
    text = "; ".join(part for part in parts if part) or "no loss in view"
    return f"{text[0].upper()}{text[1:]}."


def _described(name: str, series: DrawnSeries) -> str:
    if not series.total:
        return ""
    first, last = (
        f"{series.inside.values[i]:.4g} at step {format_step(float(series.inside.steps[i]))}" for i in (0, -1)
    )
    if series.total == 1:
        return f"{name.lower()}, 1 point, {first}"
    return f"{name.lower()}, {series.total:,} points, from {first} to {last}"


def _between(series: Series, low: float, high: float) -> tuple[slice, Series]:
    inside = slice(int(np.searchsorted(series.steps, low)), int(np.searchsorted(series.steps, high, "right")))
    return inside, Series(series.steps[inside], series.values[inside])


def _drawn(series: Series, low: float, high: float, width: int) -> DrawnSeries:
    inside, in_view = _between(series, low, high)
    kept = inside.start + thinned(in_view.steps, in_view.values, width)
    before = [inside.start - 1] if inside.start > 0 else []
    after = [inside.stop] if inside.stop < len(series) else []
    chosen = np.concatenate([before, kept, after]).astype(np.intp)
    points = Series(series.steps[chosen], series.values[chosen])
    trimmed = slice(len(before), len(before) + len(kept))
    return DrawnSeries(points, Series(points.steps[trimmed], points.values[trimmed]), len(in_view))


def _at(steps: FloatArray, *parts: Series) -> list[float | None]:
    """The value at each of the steps, from whichever series has it."""
    found: list[float | None] = [None] * len(steps)
    for part in filter(len, parts):
        at = np.minimum(np.searchsorted(part.steps, steps), len(part) - 1)
        hits = np.flatnonzero(part.steps[at] == steps)
        for i, value in zip(hits.tolist(), part.values[at[hits]].tolist(), strict=True):
            found[i] = value
    return found


def _trace(name: str, points: Series, **style: Any) -> dict[str, Any]:
    # Plotly draws nothing at all of a line that leaves what its own arithmetic can hold.
    x, y = (np.clip(values, -DRAWABLE, DRAWABLE) for values in (points.steps, points.values))
    return {"type": "scatter", "name": name, "x": x, "y": y, "hoverinfo": "skip", **style}


def _hover_trace(readings: Readings, axis: str) -> dict[str, Any]:
    def text(train: float | None, evaluated: float | None) -> str:
        named = ((TRAIN_NAME, train), (EVAL_NAME, evaluated))
        return "<br>".join(f"{name} {format_loss(value)}" for name, value in named if value is not None)

    texts = [text(*values) for values in zip(readings.train, readings.eval, strict=True)]
    label = {"hoverinfo": "text", "hovertemplate": "%{text}<extra></extra>", "text": texts}
    # Lines, since markers would widen the range of the axis.
    unseen = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "yaxis": axis}
    return _trace("", Series(readings.steps, np.full(len(texts), 0.5)), **{**unseen, **label})


def _layout(curve: LossCurve, theme: ChartTheme) -> dict[str, Any]:
    has_points = bool(curve.train.points or curve.eval.points)
    axis = {"gridcolor": theme.grid, "linecolor": theme.grid, "zeroline": False, "automargin": True}
    return {
        "template": {},
        "font": {"family": theme.font, "color": theme.text, "size": 13},
        "paper_bgcolor": theme.background,
        "plot_bgcolor": theme.background,
        "margin": {"l": 52, "r": 12, "t": 32, "b": 40},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "x unified",
        "hoverdistance": -1,
        "hoverlabel": {"bgcolor": theme.hover, "bordercolor": theme.grid, "font": {"color": theme.text}},
        "modebar": {"bgcolor": theme.background, "color": theme.grid, "activecolor": theme.text},
        "dragmode": "zoom",
        "uirevision": "loss",
        "xaxis": {
            **axis,
            "title": {"text": "step"},
            "exponentformat": "none",
            "unifiedhovertitle": {"text": "step %{x}"},
            # A spike line comes with a white one behind it, which stands out on a dark page.
            "spikemode": "marker",
            "spikecolor": theme.text,
            "spikethickness": 3,
            # Zooming out shows the whole job at once, though only the points in view were sent.
            "autorangeoptions": {"include": list(curve.extent or ())},
        },
        "yaxis": {
            **axis,
            "title": {"text": "loss"},
            "showticklabels": has_points,
            "rangemode": "normal" if has_points else "tozero",
        },
        "yaxis2": {"overlaying": "y", "range": [0, 1], "fixedrange": True, "visible": False},
    }
