"""The Compare page: metrics of several jobs in charts, a setting against a result, and a table of all results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from arkor_dash.charts.compared_runs import Chart, Run, chart_of
from arkor_dash.charts.comparison import MAX_JOBS, MIN_JOBS
from arkor_dash.metrics.compared import compared_metrics
from arkor_dash.ui import shell
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.curve_controls import controls
from arkor_dash.ui.download import download_is_made
from arkor_dash.ui.live_fragment import watch_fragment
from arkor_dash.ui.resources import dashboard
from arkor_dash.ui.text import paragraph

from .choices import choose_metrics
from .compared import Compared, ComparedReader
from .curves import curves, frame
from .result_table import result_table
from .runs import compared_runs
from .scatter_card import scatter_card


def compare_page(job_ids: Sequence[str]) -> None:
    """The page that compares the jobs in the address. Only the first `MAX_JOBS` are shown."""
    chosen = list(dict.fromkeys(job_ids))[:MAX_JOBS]
    with st.container(key="breadcrumb", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.page_link(shell.JOBS, label="Jobs")
        st.html(paragraph("/ Compare", "arkor-crumb"), width="content")
    shell.page_title("Compare")
    if len(chosen) < MIN_JOBS:
        st.html(paragraph("Turn on Compare on the Jobs page and choose two jobs or more.", "arkor-note"))
        return
    _comparison(chosen)


@st.fragment
def _comparison(job_ids: Sequence[str]) -> None:
    """All cards. Values that have changed are pushed; what surrounds them is drawn again."""
    fragment_watch = watch_fragment("compare")
    is_made = download_is_made()
    drawn_made = is_made()
    read = ComparedReader(dashboard(), job_ids)
    parts = LiveParts(read(), read, read.view)
    opened = _cards(parts)
    structure, drawn_structure = parts.structure()
    fragment_watch.drawn(
        lambda shared: (is_made(), structure(shared)), (drawn_made, drawn_structure), parts=parts.drawn
    )
    if opened is not None and 0 <= opened < len(job_ids):
        st.switch_page(shell.JOB, query_params={"id": job_ids[opened]})


def _cards(parts: LiveParts[tuple[Compared, ...]]) -> int | None:
    """Draw the cards. Returns the number of the job that was just clicked."""
    parts.depends("metrics", lambda now: [tuple(each.feed.metrics.metrics) for each in now])
    parts.depends("settings", lambda now: [each.settings for each in now])
    names = compared_metrics([each.feed.metrics for each in parts.now])
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            head = st.container(width="content")
            curve = controls(plural="values")
        chosen = choose_metrics(names)

        @lru_cache(maxsize=1)  # several parts show it, and it is asked for each second though nothing changes
        def content(of: tuple[Compared, ...]) -> tuple[list[Run], list[Chart]]:
            runs = compared_runs(of, curve.axis_kind)
            return runs, [chart_of(name, runs) for name in chosen]

        def read() -> tuple[list[Run], list[Chart]]:
            return content(parts.read())

        parts.depends(("frame", tuple(chosen), curve.axis_kind), lambda of: frame(*content(of)))
        curves(parts, read, curve, head)
    # The card has a place of its own. If it comes later, the table below keeps its node, and thus its sort.
    with st.container():
        opened = scatter_card(parts, read, names)
    opened_in_table = result_table(parts, read, tuple(chosen))
    return opened if opened is not None else opened_in_table
