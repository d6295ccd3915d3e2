"""The loss chart in two steps: which points are drawn (`loss_curve`), and how (`loss_figure`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from .events import format_step
from .losses import FloatArray, Losses, Series
from .thinning import DrawnSeries, between, drawn, one_a_pixel, readable

TRAIN_NAME, EVAL_NAME, NONFINITE_NAME = "Training loss", "Eval loss", "Not finite"
MIN_WIDTH_PX = 100
DRAWABLE = 1e300


@dataclass(frozen=True, slots=True)
class View:
    """What the viewer looks at: a range of steps (None: all of them), on so many pixels."""

    x_range: tuple[float, float] | None = None
    width_px: int = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What the hover says: at each of n steps the train and the eval loss, and which of the two there was.

    `losses` and `reported` have shape (n, 2). A NaN that the job reported is a loss like any other.
    """

    steps: FloatArray
    losses: FloatArray
    reported: npt.NDArray[np.bool_]


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
    train = drawn(losses.train, low, high, width)
    evals = drawn(losses.eval, low, high, width)
    nonfinite = [between(part, low, high)[1].steps for part in parts[2:]]
    marked = np.union1d(*nonfinite)
    marks = marked[one_a_pixel(marked, width)]
    readings = _readings(readable(train, evals, marks, width), losses)
    return LossCurve(train, evals, marks, readings, sum(map(len, nonfinite)), extent)


def loss_figure(curve: LossCurve, theme: ChartTheme) -> go.Figure:
    """The figure: training loss solid, eval loss dashed with markers, each only if it has points.

    The traces that are seen say nothing on hover: each would name a loss of its own nearest step. Traces that
    are not seen hold what each step really has.
    """
    train, evals = curve.train.points, curve.eval.points
    traces: list[dict[str, Any]] = []
    if train:
        # A line through one point is nothing at all.
        mode = "lines" if len(train) > 1 else "markers"
        line = {"color": theme.train, "width": 1.75, "dash": "solid"}
        traces.append(_line(TRAIN_NAME, train, mode=mode, line=line, marker={"color": theme.train}))
    if evals:
        line = {"color": theme.eval, "width": 1.75, "dash": "dash"}
        traces.append(_line(EVAL_NAME, evals, mode="lines+markers", line=line, marker={"color": theme.eval}))
    # Plotly makes no axis that only overlays one without a trace.
    beside = "y2" if traces else "y"
    if len(curve.marks):
        marker = {"color": theme.nonfinite, "size": 9, "symbol": "triangle-up"}
        traces.append(_level(NONFINITE_NAME, curve.marks, 3, yaxis=beside, mode="markers", marker=marker))
    traces += _hover_traces(curve.readings, beside)
    return go.Figure({"data": traces, "layout": _layout(curve, theme)})


def figure_json(figure: go.Figure) -> dict[str, Any]:
    """The figure as JSON values: arrays in the base64 form that plotly.js reads from 2.35 on."""
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


def _readings(steps: FloatArray, losses: Losses) -> Readings:
    values, reported = np.zeros((len(steps), 2)), np.zeros((len(steps), 2), dtype=np.bool_)
    columns = (losses.train, losses.nonfinite.train), (losses.eval, losses.nonfinite.eval)
    for column, parts in enumerate(columns):
        for part in filter(len, parts):
            at = np.minimum(np.searchsorted(part.steps, steps), len(part) - 1)
            hits = part.steps[at] == steps
            values[hits, column] = part.values[at[hits]]
            reported[hits, column] = True
    return Readings(steps, values, reported)


def _line(name: str, points: Series, **style: Any) -> dict[str, Any]:
    # Plotly draws nothing at all of a line that leaves what its own arithmetic can hold.
    values = np.clip(points.values, -DRAWABLE, DRAWABLE)
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    # A hundred-thousandth of the range is no more than a hundredth of a pixel.
    close = np.abs(short - values).max() <= np.ptp(values) * 1e-5
    return _trace(name, points.steps, short if close else values, **style)


def _level(name: str, steps: FloatArray, height: int, **style: Any) -> dict[str, Any]:
    return _trace(name, steps, np.full(len(steps), height, dtype=np.int8), **style)


def _trace(name: str, steps: FloatArray, y: npt.NDArray[Any], **style: Any) -> dict[str, Any]:
    style = {"hoverinfo": "skip", **style}
    whole = bool(np.all((np.abs(steps) < 2**31) & (steps == np.floor(steps))))
    x = steps.astype(np.int32) if whole else np.clip(steps, -DRAWABLE, DRAWABLE)
    return {"type": "scatter", "name": name, "x": x, "y": y, **style}


def _hover_traces(readings: Readings, axis: str) -> list[dict[str, Any]]:
    """Unseen traces: of the steps with a training loss, with an eval loss, with both, each with its label."""
    traces = []
    for which in ([True, False], [False, True], [True, True]):
        rows = (readings.reported == which).all(axis=1)
        if not rows.any():
            continue
        values = readings.losses[rows][:, which]
        # Rounded here, since JavaScript rounds what lies in the middle another way than the event log.
        said = np.array([round(value, 4) for value in values.ravel().tolist()]).reshape(values.shape)
        names = [name for name, shown in zip((TRAIN_NAME, EVAL_NAME), which, strict=True) if shown]
        lines = ["step %{x:.9~f}", *(f"{name} %{{customdata[{i}]:.4f}}" for i, name in enumerate(names))]
        template = "<br>".join(lines) + "<extra></extra>"
        unseen = {"mode": "none", "showlegend": False, "yaxis": axis, "hoverinfo": "text"}
        label = {"hovertemplate": template, "customdata": said}
        traces.append(_level("", readings.steps[rows], 50, **unseen, **label))
    return traces


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
        # The hover's traces lie at one height, so the closest point is that of the closest step. A label for
        # all traces at once (unified) would add the nearest point of each.
        "hovermode": "closest",
        "hoverdistance": -1,
        "hoverlabel": {
            "bgcolor": theme.hover,
            "bordercolor": theme.grid,
            "font": {"color": theme.text, "size": 12},
            "align": "left",
        },
        "modebar": {"bgcolor": theme.background, "color": theme.grid, "activecolor": theme.text},
        "dragmode": "zoom",
        "uirevision": "loss",
        "xaxis": {
            **axis,
            "title": {"text": "step", "font": {"size": 12}},
            "exponentformat": "none",
            # Zooming out shows the whole job at once, though only the points in view were sent.
            "autorangeoptions": {"include": list(curve.extent or ())},
        },
        "yaxis": {
            **axis,
            "title": {"text": "loss", "font": {"size": 12}},
            "showticklabels": has_points,
            "rangemode": "normal" if has_points else "tozero",
        },
        # In hundredths of the height.
        "yaxis2": {"overlaying": "y", "range": [0, 100], "fixedrange": True, "visible": False},
    }
