"""The table of the results and the settings of all compared runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

import pandas as pd
import streamlit as st

from arkor_dash.charts.compared_runs import Run
from arkor_dash.charts.setting_scatter import differing_settings
from arkor_dash.ui.text import paragraph

from .result_columns import Column, columns
from .runs import SETTINGS_LIMIT


def result_table(runs: Sequence[Run], metrics: Iterable[str]) -> None:
    """A row for each run. Streamlit sorts it by a click on a column, and saves it as CSV."""
    differing = differing_settings(runs)
    equal = [
        name for name in dict.fromkeys(name for run in runs for name in run.settings) if name not in differing
    ]
    with st.container(border=True, key="compare_results"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(paragraph("Results and settings", "arkor-heading", tag="h2"), width="content")
            all_settings = st.toggle(
                "Equal settings",
                key="equal",
                bind="query-params",
                disabled=not equal,
                help="Also shows the settings that all these jobs have in common.",
            )
        st.html(_links(runs))
        _table(columns(runs, metrics, [*differing, *(equal if all_settings else [])]))
        if any(len(run.settings) == SETTINGS_LIMIT for run in runs):
            st.html(paragraph(f"The first {SETTINGS_LIMIT} settings of each job are compared.", "arkor-note"))
        if not differing:
            st.html(paragraph("These jobs have the same settings.", "arkor-note"))


def _table(shown: Sequence[Column]) -> None:
    config = {
        column.label: st.column_config.NumberColumn(column.label, format=column.format)
        if column.format
        # The first column stays in view: a long name must leave room for the others on a phone.
        else st.column_config.TextColumn(column.label, pinned=number == 0, width=160 if number == 0 else None)
        for number, column in enumerate(shown)
    }
    st.dataframe(
        pd.DataFrame({column.label: column.values for column in shown}),
        hide_index=True,
        column_config=config,
        key="compare_table",
        placeholder="–",
        alt="The results and the settings of each job.",
    )


def _links(runs: Sequence[Run]) -> str:
    """The names of the runs, each in its colour, as links to the jobs' pages. All text is escaped."""
    entries = "".join(
        f'<li><span class="arkor-swatch" style="background: var(--arkor-run-{number})"></span>'
        f'<a href="job?id={quote(run.id, safe="")}" target="_self">{escape(run.name)}</a></li>'
        for number, run in enumerate(runs)
    )
    return f'<ul class="arkor-runs">{entries}</ul>'
