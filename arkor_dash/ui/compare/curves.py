"""The charts of the Compare page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from arkor_dash.charts.compared_runs import Chart, Run
from arkor_dash.charts.comparison_text import notes
from arkor_dash.charts.growing_comparison import GrowingComparison
from arkor_dash.charts.theme import DARK_COLOURS, LIGHT, RUN_COLOURS
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import show_growing_chart
from arkor_dash.ui.browser.chart_head import ChartHead
from arkor_dash.ui.browser.chart_view import Zoom, view_of
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.texts import Text, show_texts, texts_part
from arkor_dash.ui.chart_cache import growing_chart
from arkor_dash.ui.curve_controls import Controls
from arkor_dash.ui.job.wording import WAITING
from arkor_dash.ui.text import paragraph

KEY, HEADING = "compare", "Metrics"
Read = Callable[[], tuple[list[Run], list[Chart]]]
"""The compared runs and the charts of them, at any moment."""


def curves(parts: LiveParts[Any], read: Read, chosen: Controls, head: DeltaGenerator) -> None:
    """The charts, and below them in words what they can't show. `head` is the place of the card's head."""
    runs, charts = read()
    drawn, axis_kind = _drawn(runs, charts), chosen.axis_kind
    with st.container(key="compare_chart"):
        if drawn:
            counts = f"--compare-charts: {len(drawn)}; --compare-jobs: {len(runs)}"
            st.html(f"<style>.st-key-compare_chart {{ {counts} }}</style>")
            _chart(parts, read, axis_title(runs), chosen, head)
        else:
            with head:
                _head(KEY).show("")
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
    return "Nothing to draw." if any(run.metrics.metrics for run in runs) else WAITING


def _head(key: str) -> ChartHead:
    return ChartHead(f"{key}_head", HEADING, "h2", "hidden")


def _chart(parts: LiveParts[Any], read: Read, title: str, chosen: Controls, head: DeltaGenerator) -> None:
    key = f"{KEY}_{title}"
    zoom = Zoom("zoom", title)
    view = view_of(key, zoom)
    shown = (parts.view, key, tuple(read()[1]), chosen, view)
    chart = growing_chart(shown, lambda: GrowingComparison(chosen.options, view, LIGHT))

    def update() -> None:
        runs, charts = read()
        chart.update(lambda: (runs, _drawn(runs, charts)))

    update()
    session.keep_open_chart(KEY, chart)
    shown_head = _head(key)
    with head:
        shown_head.show(chart.note)
    colours = DARK_COLOURS | RUN_COLOURS
    cursor = session.chart_cursor(KEY)
    show_growing_chart(parts, chart, update, cursor, key=key, zoom=zoom, head=shown_head, dark=colours)
