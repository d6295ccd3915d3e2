"""The row above the list of jobs: search, status, and what can be done with the list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from arkor_dash.protocol.jobs import STATUS_FILTERS, Job, matching
from arkor_dash.ui.browser.chip_counts import show_chip_counts
from arkor_dash.ui.browser.live_parts import LiveParts

from .list_now import ListNow, OncePerList

SEARCH_PAUSE = "40ms"
"""The pause in typing after which the search begins. Streamlit's own 250 ms would be most of what a search takes."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The search text, the status, and whether jobs are chosen to be compared."""

    query: str
    status: str
    comparing: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """The filters, whether Refresh was clicked, and the places for what depends on the list."""

    filters: Filters
    refresh: bool
    counts_slot: DeltaGenerator
    spinner_slot: DeltaGenerator
    archive_slot: DeltaGenerator
    tools_slot: DeltaGenerator


def jobs_bar() -> Bar:
    """The row. On a phone, its parts stand below each other."""
    with st.container(key="jobs_bar", horizontal=True, vertical_alignment="center"):
        with st.container(key="jobs_search", width=240):
            query = st.text_input(
                "Search by name or ID",
                key="q",
                type="search",
                live=SEARCH_PAUSE,
                bind="query-params",
                placeholder="Search by name or ID",
                label_visibility="collapsed",
            )
        with st.container(key="jobs_status", width="content", gap=None):
            status = st.segmented_control(
                "Status",
                list(STATUS_FILTERS),
                default="All",
                required=True,
                key="status",
                bind="query-params",
                label_visibility="collapsed",
            )
            counts_slot = st.container(gap=None)
        with st.container(
            key="jobs_tools", horizontal=True, vertical_alignment="center", width="content", gap="small"
        ):
            archive_slot = st.container(width="content")
            comparing = st.toggle("Compare", key="choosing", bind="query-params")
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap=None):
                tools_slot = st.container(
                    horizontal=True, vertical_alignment="center", width="content", gap=None
                )
                spinner_slot = st.container(key="jobs_busy", width="content")
                refresh = st.button("Refresh", key="jobs_refresh", icon=":material/refresh:", type="tertiary")
    filters = Filters(query or "", status or "All", comparing=comparing)
    return Bar(filters, refresh, counts_slot, spinner_slot, archive_slot, tools_slot)


def chip_counts(
    parts: LiveParts[ListNow], kept: Callable[[ListNow], Iterable[Job]], query: str, view: Hashable
) -> None:
    """How many jobs each status would show. Args: kept: the jobs to count. view: names what `kept` returns."""
    counts = OncePerList(lambda now: count_by_filter(matching(kept(now), query, None)))
    show_chip_counts(parts, (view, query), lambda: counts(parts.read()), key="jobs_counts", of="status")


def count_by_filter(jobs: Sequence[Job]) -> tuple[int, ...]:
    """How many of the jobs each of `STATUS_FILTERS` shows."""
    return tuple(len(matching(jobs, "", status)) for status in STATUS_FILTERS.values())
