"""The Advanced part of a chart card: statistics of its values."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from arkor_dash.charts.curve import View, steps_in_view
from arkor_dash.charts.x_axis import XAxis
from arkor_dash.metrics.series import Series, between
from arkor_dash.metrics.statistics_table import summary_rows
from arkor_dash.ui.browser.facts import Fact, show_facts
from arkor_dash.ui.curve_controls import IN_VIEW, SCOPES, scope
from arkor_dash.ui.text import paragraph

from .chart_subject import Summarized


def statistics_card(summarized: Sequence[Summarized], prefix: str, axis: XAxis, view: View) -> None:
    """Statistics of each series in the chosen scope. `prefix` begins the key of the scope's control."""
    chosen = scope(prefix)
    with st.grid(2, min_column_width=260):
        for each in summarized:
            _card(each, _in_scope(each.series, chosen, axis, view))


def _in_scope(series: Series, chosen: str, axis: XAxis, view: View) -> Series:
    """The samples of the chosen scope: all, those in view, or the last ones."""
    ends = steps_in_view(view, axis) if chosen == IN_VIEW else None
    if ends:
        return between(series, *ends)[1]
    count = SCOPES[chosen]
    return Series(series.steps[-count:], series.values[-count:]) if count else series


def _card(each: Summarized, series: Series) -> None:
    with st.container(border=True, key=each.key):
        count = f"{len(series):,} sample{'' if len(series) == 1 else 's'}"
        st.html(paragraph(each.heading, "arkor-heading", tag="h3") + paragraph(count, "arkor-note"))
        if not len(series):
            st.html(paragraph("No finite values yet.", "arkor-note"))
            return
        facts = [Fact(row.label, row.text, meaning=row.meaning) for row in summary_rows(series, each.noun)]
        show_facts(facts, key=f"{each.key}_facts")
