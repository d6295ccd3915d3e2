"""A setting of the compared runs against a result of theirs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from arkor_dash.charts.compared_runs import Run
from arkor_dash.charts.scatter_figure import scatter_alt, scatter_figure
from arkor_dash.charts.setting_scatter import Scatter, differing_settings, setting_scatter
from arkor_dash.charts.theme import DARK_COLOURS, LIGHT, RUN_COLOURS
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.compared import main_metric
from arkor_dash.metrics.value_format import format_value
from arkor_dash.ui.browser.chart import show_chart
from arkor_dash.ui.text import paragraph

from .choices import choose_result, choose_setting


def scatter_card(runs: Sequence[Run], metrics: Sequence[str]) -> str | None:
    """The card, if the runs differ in a setting. Returns the id of the job whose point was just clicked."""
    settings = differing_settings(runs)
    if not settings or not metrics:
        return None
    with st.container(border=True, key="compare_scatter"):
        st.html(paragraph("Setting and result", "arkor-heading", tag="h2"))
        with st.container(horizontal=True, vertical_alignment="top"):
            setting = choose_setting(settings)
            metric, kind = choose_result(metrics, main_metric([run.metrics for run in runs]))
        if setting is None or metric is None:
            return None
        scatter = setting_scatter(runs, setting, metric, kind)
        opened = None
        if scatter.points:
            figure = wire_json(scatter_figure(scatter, LIGHT))
            opened = show_chart(
                figure,
                key="scatter",
                alt=scatter_alt(scatter),
                dark=DARK_COLOURS | RUN_COLOURS,
                clickable=True,
            )
        with st.container(gap="xxsmall"):
            for note in _notes(scatter):
                st.html(paragraph(note, "arkor-note"))
    return runs[opened].id if opened is not None and 0 <= opened < len(runs) else None


def _notes(scatter: Scatter) -> list[str]:
    best = scatter.best
    found = (
        f"Best: {best.setting} ({best.name}), {scatter.kind.lower()} {scatter.metric} {format_value(best.value)}."
        if best
        else ""
    )
    reasons = [f"{', '.join(names)} ({reason})" for reason, names in scatter.left_out.items()]
    left_out = f"Not shown: {'; '.join(reasons)}." if reasons else ""
    return [note for note in (found, left_out) if note]
