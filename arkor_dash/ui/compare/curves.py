"""The charts of the Compare page."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import streamlit as st

from arkor_dash.charts.compared_runs import Chart, Run, drawn_metrics
from arkor_dash.charts.comparison import comparison_figure
from arkor_dash.charts.comparison_text import chart_alt, notes
from arkor_dash.charts.theme import DARK_COLOURS, LIGHT, RUN_COLOURS
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import STEP
from arkor_dash.live.parts import Data, Part
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import WholeChart, show_live_chart
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.texts import Text, show_texts, texts_part
from arkor_dash.ui.job.chart_card import reported_view
from arkor_dash.ui.text import paragraph

Read = Callable[[], tuple[list[Run], list[Chart]]]
"""The compared runs and the charts of them, at any moment."""


def curves(parts: LiveParts[Any], read: Read, smoothing: float, axis_kind: str) -> None:
    """The charts, and below them in words what they can't show."""
    runs, charts = read()
    drawn = _drawn(runs, charts)
    with st.container(key="compare_chart"):
        if drawn:
            counts = f"--compare-charts: {len(drawn)}; --compare-jobs: {len(runs)}"
            st.html(f"<style>.st-key-compare_chart {{ {counts} }}</style>")
            _chart(parts, read, axis_title(runs), smoothing, axis_kind)
        else:
            st.html(paragraph(_nothing(runs, charts), "arkor-empty", role="status"))
    said = texts_part(
        ("notes", parts.view, tuple(charts), axis_kind),
        lambda: [Text(note) for note in notes(*read(), axis_kind)],
    )
    show_texts(parts, said, key="compare_notes")


def frame(runs: Sequence[Run], charts: Sequence[Chart]) -> object:
    """Changes with what is around the charts: which of them have points, and what the x axis is."""
    return _drawn(runs, charts), axis_title(runs), _nothing(runs, charts)


def axis_title(runs: Sequence[Run]) -> str:
    return next((run.axis.title for run in runs if run.axis), "")


def _drawn(runs: Sequence[Run], charts: Sequence[Chart]) -> list[Chart]:
    return [chart for chart in charts if any(_has_points(run, chart) for run in runs)]


def _has_points(run: Run, chart: Chart) -> bool:
    return run.axis is not None and any(len(run.metrics.finite(name)) for name in chart.metrics)


def _nothing(runs: Sequence[Run], charts: Sequence[Chart]) -> str:
    if not charts:
        return "Choose a metric above."
    return (
        "Nothing to draw." if any(run.metrics.metrics for run in runs) else "Waiting for training.log events…"
    )


def _chart(parts: LiveParts[Any], read: Read, title: str, smoothing: float, axis_kind: str) -> None:
    key = f"compare_{title}"
    view = reported_view(session.chart_view(key))

    def update(cursor: Hashable | None) -> tuple[Data, Hashable] | None:
        at = time.monotonic()
        runs, charts = read()
        drawn = _drawn(runs, charts)
        version = tuple(drawn), tuple((run.name, _version(run, drawn, axis_kind)) for run in runs)
        if version == cursor:
            return None
        figure = wire_json(comparison_figure(runs, drawn, smoothing, view, LIGHT))
        return {**WholeChart(figure, chart_alt(runs, drawn)).json(), "at": at}, version

    part = Part((parts.view, key, tuple(read()[1]), smoothing, view), update)
    show_live_chart(parts, part, key=key, dark=DARK_COLOURS | RUN_COLOURS)


def _version(run: Run, charts: Sequence[Chart], axis_kind: str) -> Hashable:
    """Changes with what the charts draw of the run."""
    if axis_kind != STEP:
        return run.axis is not None, run.metrics.version
    metrics = (run.metrics.metrics.get(name) for name in drawn_metrics(charts))
    return tuple(metric.version for metric in metrics if metric)
