"""A setting of the compared runs against a result of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from arkor_dash.charts.scatter_figure import scatter_alt, scatter_figure
from arkor_dash.charts.setting_scatter import Scatter, differing_settings, setting_scatter
from arkor_dash.charts.theme import DARK_COLOURS, LIGHT, RUN_COLOURS
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.metrics.compared import main_metric
from arkor_dash.metrics.value_format import format_value
from arkor_dash.ui.browser.chart import figure_part, show_chart
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.texts import Text, show_texts, texts_part
from arkor_dash.ui.text import paragraph

from .choices import choose_result, choose_setting
from .curves import Read


def scatter_card(parts: LiveParts[Any], read: Read, metrics: Sequence[str]) -> int | None:
    """The card, if the runs differ in a setting. Returns the number of the run whose point was just clicked."""
    runs, _ = read()
    settings = differing_settings(runs)
    if not settings or not metrics:
        return None
    with st.container(border=True, key="compare_scatter"):
        st.html(paragraph("Effect of a setting", "arkor-heading", tag="h2"))
        with st.container(horizontal=True, vertical_alignment="top"):
            setting = choose_setting(settings)
            metric, kind = choose_result(metrics, main_metric([run.metrics for run in runs]))
        if setting is None or metric is None:
            return None

        def scatter() -> Scatter:
            return setting_scatter(read()[0], setting, metric, kind)

        view = ("scatter", parts.view, setting, metric, kind)
        opened = show_chart(
            parts,
            figure_part(view, scatter, _figure, scatter_alt),
            key="scatter",
            dark=DARK_COLOURS | RUN_COLOURS,
        )
        said = texts_part(("notes", view), lambda: [Text(note) for note in _notes(scatter())])
        show_texts(parts, said, key="scatter_notes")
    return opened


def _figure(scatter: Scatter) -> dict[str, Any] | None:
    return wire_json(scatter_figure(scatter, LIGHT)) if scatter.points else None


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
