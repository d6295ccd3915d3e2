"""What a list of jobs on a page depends on, the list itself, and what keeps it from being shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.job_list import JobListView
from arkor_dash.live.parts import Shared

from .clock import local_time
from .job_columns import Column, metrics_of
from .resources import dashboard
from .source_line import QUICK_ANSWER_S, REFRESH_S
from .text import paragraph


class ListState:
    """Returns what a list of jobs depends on. Any thread may call it; it keeps the list up to date.

    Args:
        columns: those that are turned on.
        is_made: whether the viewer's file is made.
        menu_is_open: whether the menu of columns shows the names of all metrics.

    Attributes: has_spinner: the list was drawn with a spinner.
    """

    def __init__(
        self,
        dash: Dashboard,
        columns: Sequence[Column] = (),
        is_made: Callable[[], bool] = lambda: True,
        *,
        menu_is_open: bool = False,
    ) -> None:
        self.has_spinner = False
        self._dash, self._metrics, self._is_made = dash, metrics_of(columns), is_made
        self._needs_summaries = bool(self._metrics) or menu_is_open

    def __call__(self, _shared: Shared | None = None) -> object:
        self._dash.jobs.refresh(REFRESH_S - 0.5)
        listing = self._dash.jobs.snapshot()
        summaries = self._dash.summaries.view(self._metrics, 0.0) if self._needs_summaries else None
        is_over = self.has_spinner and not listing.in_flight
        return listing.version, listing.loaded, self._is_made(), summaries, is_over


def fetch_list(spinner_slot: DeltaGenerator, state: ListState, *, now: bool = False) -> JobListView:
    """The latest list. Requests a new one if it is due, or `now`; a slow answer shows a spinner."""
    poller = dashboard().jobs
    poller.refresh(0.0 if now else REFRESH_S - 0.5)
    view = poller.snapshot() if now else poller.wait(QUICK_ANSWER_S)
    with spinner_slot:
        if view.in_flight:
            state.has_spinner = True
            st.html('<span class="arkor-busy" role="status" aria-label="Loading jobs"></span>')
    return view


def list_problems(view: JobListView) -> None:
    """Why the list can't be shown, or is not the newest one."""
    with st.container():
        if view.error:
            st.html(paragraph(f"Failed to load jobs: {view.error}", "arkor-banner", tag="div", role="alert"))
            if view.fetched_at_ms is not None:
                as_of = local_time(view.fetched_at_ms)
                st.html(paragraph(f"This is the list as of {as_of:%H:%M:%S}.", "arkor-note"))
        elif not view.loaded:
            st.html(paragraph("Loading jobs…", "arkor-note", role="status"))
        if view.malformed:
            st.html(paragraph(f"{view.malformed:,} entries could not be read.", "arkor-note"))
