"""Several jobs compared: their losses in one chart, their results, and the settings that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go

from arkor_dash.metrics.losses import Losses
from arkor_dash.metrics.series import NO_POINTS, Series
from arkor_dash.metrics.smoothing import smoothed
from arkor_dash.metrics.value_format import format_value, too_small_for_decimals
from arkor_dash.protocol.jobs import config_texts, shown_config

from .downsampling import downsample
from .layout import base_layout
from .theme import RUN_COLOURS, ChartTheme
from .traces import line_trace, plain
from .x_axis import XAxis

MIN_JOBS, MAX_JOBS = 2, len(RUN_COLOURS)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One of the compared jobs. `axis` maps its steps to positions; `config` may be nested."""

    id: str
    name: str
    status: str
    duration_s: float | None
    losses: Losses
    axis: XAxis
    config: Mapping[str, object]


def comparison_figure(runs: Sequence[Run], smoothing: float, width_px: int, theme: ChartTheme) -> go.Figure:
    """The losses of each job: training loss solid, eval loss dashed, with one colour and legend entry for both."""
    traces: list[dict[str, Any]] = []
    for run, colour in zip(runs, RUN_COLOURS, strict=False):
        train = run.losses.train.finite
        if smoothing and train:
            train = Series(train.steps, smoothed(train.values, smoothing))
        for kind, series in (("train", train), ("eval", _main_eval(run))):
            if series:
                traces.append(_trace(run, kind, series, colour, width_px))
    named: set[str] = set()
    for trace in traces:
        trace["showlegend"] = trace["legendgroup"] not in named
        named.add(trace["legendgroup"])
    layout = base_layout(theme, runs[0].axis if runs else XAxis("step", "step"))
    return go.Figure({"data": traces, "layout": layout})


def _trace(run: Run, kind: str, series: Series, colour: str, width_px: int) -> dict[str, Any]:
    points = downsample(series, float(series.steps[0]), float(series.steps[-1]), width_px).points
    mode = "lines" if kind == "train" and len(points) > 1 else "lines+markers"
    place = "%{x|%H:%M:%S}" if run.axis.is_time else "%{x:.6~g}"
    trace = line_trace(
        _escaped(run.name),
        run.axis,
        points,
        mode=mode,
        line={"color": colour, "width": 1.75, "dash": "solid" if kind == "train" else "dash"},
        marker={"color": colour, "size": 5},
    )
    # All points of a trace share one format: significant digits if any point needs them.
    digits = ".6~g" if too_small_for_decimals(points.values).any() else ".4f"
    hover = f"%{{fullData.name}}<br>{run.axis.title} {place}<br>{kind} %{{y:{digits}}}<extra></extra>"
    return {**trace, "legendgroup": run.id, "hoverinfo": "text", "hovertemplate": hover}


def _escaped(name: str) -> str:
    """The name, shortened and escaped: Plotly interprets some HTML tags and entities."""
    return plain(name if len(name) <= 40 else f"{name[:40]}…")


def results(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    """The rows of the results table: a label, and a text for each run."""
    rows = {
        "Status": [run.status[:1].upper() + run.status[1:] for run in runs],
        "Final train loss": [_last(run.losses.train.finite) for run in runs],
        "Best train loss": [_lowest(run.losses.train.finite) for run in runs],
        "Final eval loss": [_last(_main_eval(run)) for run in runs],
        "Best eval loss": [_lowest(_main_eval(run)) for run in runs],
        "Duration": [_duration(run.duration_s) for run in runs],
    }
    return list(rows.items())


def differing_settings(runs: Sequence[Run]) -> list[tuple[str, list[str]]]:
    """The rows of the settings table: dotted name, and a text for each run. Only settings that differ have a row.

    Addresses are shown, and compared, without their user info, query and fragment: a new signature is no new data.
    """
    settings = [dict(config_texts(shown_config(run.config))) for run in runs]
    names = dict.fromkeys(name for config in settings for name in config)
    rows = [(name, [config.get(name, "–") for config in settings]) for name in names]
    return [(name, texts) for name, texts in rows if len(set(texts)) > 1]


def _main_eval(run: Run) -> Series:
    """The eval loss of the run, else that of its first evaluation set; no points if it has none."""
    return next((each.finite for each in run.losses.evals if each.finite), NO_POINTS)


def _last(series: Series) -> str:
    return format_value(float(series.values[-1])) if series else "–"


def _lowest(series: Series) -> str:
    return format_value(float(series.values.min())) if series else "–"


def _duration(seconds: float | None) -> str:
    try:
        return "–" if seconds is None else str(timedelta(seconds=int(seconds)))
    except (ValueError, OverflowError):  # NaN, and more than a timedelta can hold
        return "–"


def summary(runs: Sequence[Run]) -> str:
    """The alternative text of the chart, for screen readers: one sentence."""
    parts = [
        f"{run.name}: {_last(run.losses.train.finite)} train, {_last(_main_eval(run))} eval" for run in runs
    ]
    return "Loss curves of " + "; ".join(parts) + "."
