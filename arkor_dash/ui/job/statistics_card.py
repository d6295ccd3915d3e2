"""The Advanced part of the chart card: statistics of the losses, and charts of other reported values."""

from __future__ import annotations

import streamlit as st

from arkor_dash.charts.curve import View, steps_in_view
from arkor_dash.charts.loss_curve import eval_name
from arkor_dash.charts.side_figure import side_figure
from arkor_dash.charts.theme import LIGHT
from arkor_dash.charts.wire_json import wire_json
from arkor_dash.charts.x_axis import XAxis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.metrics.series import Series, between
from arkor_dash.metrics.statistics_table import summary_rows
from arkor_dash.protocol.metric_names import LEARNING_RATE, SAMPLES_PER_SECOND
from arkor_dash.ui.browser.chart import show_chart
from arkor_dash.ui.browser.facts import Fact, show_facts
from arkor_dash.ui.curve_controls import IN_VIEW, SCOPES, scope
from arkor_dash.ui.keys import key_part
from arkor_dash.ui.text import paragraph


def statistics_card(feed: FeedSnapshot, axis: XAxis, view: View) -> None:
    """Statistics of the losses in the chosen scope, and below them the small charts."""
    chosen, losses = scope(), feed.losses
    with st.grid(2, min_column_width=260):
        if losses.train.finite or not any(each.finite for each in losses.evals):
            _card("stats_train", "Training loss", _in_scope(losses.train.finite, chosen, axis, view))
        for number, each in enumerate(losses.evals):
            if each.finite:
                key = f"stats_eval_{number}" if number else "stats_eval"
                _card(key, eval_name(each), _in_scope(each.finite, chosen, axis, view))
    _side_charts(feed, axis)


def _in_scope(series: Series, chosen: str, axis: XAxis, view: View) -> Series:
    """The samples of the chosen scope: all, those in view, or the last ones."""
    ends = steps_in_view(view, axis) if chosen == IN_VIEW else None
    if ends:
        return between(series, *ends)[1]
    count = SCOPES[chosen]
    return Series(series.steps[-count:], series.values[-count:]) if count else series


def _card(key: str, heading: str, series: Series) -> None:
    with st.container(border=True, key=key):
        count = f"{len(series):,} sample{'' if len(series) == 1 else 's'}"
        st.html(paragraph(heading, "arkor-heading", tag="h3") + paragraph(count, "arkor-note"))
        if not len(series):
            st.html(paragraph("No finite values yet.", "arkor-note"))
            return
        facts = [Fact(row.label, row.text, meaning=row.meaning) for row in summary_rows(series)]
        show_facts(facts, key=f"{key}_facts")


def _side_charts(feed: FeedSnapshot, axis: XAxis) -> None:
    charts = {
        "Learning rate": feed.metrics.finite(LEARNING_RATE),
        "Samples per second": feed.metrics.finite(SAMPLES_PER_SECOND),
    }
    with st.grid(2, min_column_width=260):
        for title, series in charts.items():
            if series:
                with st.container(border=True, key=f"side_{title.split()[0].lower()}"):
                    st.html(paragraph(title, "arkor-heading", tag="h3"))
                    key = f"side_chart_{title}_{key_part(feed.job_id)}_{axis.title}"
                    _side_chart(key, title, series, axis)


def _side_chart(key: str, title: str, series: Series, axis: XAxis) -> None:
    figure = wire_json(side_figure(series, axis, LIGHT))
    alt = f"{title}, from {series.values[0]:.4g} to {series.values[-1]:.4g}."
    show_chart(figure, key=key, alt=alt)
