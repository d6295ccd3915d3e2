"""The charts of the Compare page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from arkor_dash.charts.compared_runs import Chart, Run, drawn_metrics
from arkor_dash.charts.comparison import comparison_figure
from arkor_dash.charts.comparison_text import chart_alt, notes
from arkor_dash.charts.theme import DARK_COLOURS, LIGHT, RUN_COLOURS
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import STEP
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import show_chart
from arkor_dash.ui.chart_cache import ChartCache, keep_chart, kept_chart
from arkor_dash.ui.job.chart_card import reported_view
from arkor_dash.ui.text import paragraph


def curves(
    runs: Sequence[Run],
    charts: Sequence[Chart],
    smoothing: float,
    axis_kind: str,
    generations: Sequence[int],
) -> None:
    """The charts, and below them in words what they can't show."""
    drawn = [chart for chart in charts if any(_has_points(run, chart) for run in runs)]
    with st.container(key="compare_chart"):
        if drawn:
            counts = f"--compare-charts: {len(drawn)}; --compare-jobs: {len(runs)}"
            st.html(f"<style>.st-key-compare_chart {{ {counts} }}</style>")
            _chart(runs, drawn, smoothing, axis_kind, generations)
        else:
            st.html(paragraph(_nothing(runs, charts), "arkor-empty", role="status"))
    with st.container(key="compare_notes", gap="xxsmall"):
        for note in notes(runs, charts, axis_kind):
            st.html(paragraph(note, "arkor-note"))


def _has_points(run: Run, chart: Chart) -> bool:
    return run.axis is not None and any(len(run.metrics.finite(name)) for name in chart.metrics)


def _nothing(runs: Sequence[Run], charts: Sequence[Chart]) -> str:
    if not charts:
        return "Choose a metric above."
    return (
        "Nothing to draw." if any(run.metrics.metrics for run in runs) else "Waiting for training.log events…"
    )


def _chart(
    runs: Sequence[Run],
    charts: Sequence[Chart],
    smoothing: float,
    axis_kind: str,
    generations: Sequence[int],
) -> None:
    title = next((run.axis.title for run in runs if run.axis), "")
    key = f"compare_{title}"
    view = reported_view(session.chart_view(key))
    names = [chart.metrics for chart in charts]
    shown = (names, [(run.name, _version(run, charts, axis_kind)) for run in runs])
    cache_key = (key, generations, shown, smoothing, view)
    chart = kept_chart()
    if chart is None or chart.key != cache_key:
        figure = wire_json(comparison_figure(runs, charts, smoothing, view, LIGHT))
        chart = ChartCache(cache_key, figure, chart_alt(runs, charts))
        keep_chart(chart)
    show_chart(chart.figure, key=key, alt=chart.alt, dark=DARK_COLOURS | RUN_COLOURS)


def _version(run: Run, charts: Sequence[Chart], axis_kind: str) -> object:
    """Changes with what the charts draw of the run."""
    if axis_kind != STEP:
        return run.axis is not None, run.metrics.version
    return [metric.version for name in drawn_metrics(charts) if (metric := run.metrics.metrics.get(name))]
