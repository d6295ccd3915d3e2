"""A list of jobs as it is at one moment, and what keeps it from being shown."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Generic, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.job_list import JobListView
from arkor_dash.live.list_values import ListValues
from arkor_dash.live.metric_summaries import SummaryView
from arkor_dash.protocol.jobs import Job
from arkor_dash.protocol.metric_summaries import STEP
from arkor_dash.ui.browser.live_parts import LiveParts

from . import session
from .clock import local_time
from .job_columns import Column, metrics_of
from .resources import dashboard
from .source_line import QUICK_ANSWER_S, REFRESH_S
from .text import paragraph

T = TypeVar("T")
FIRST_SUMMARIES_S = 1.0
"""How long a new column waits for its values. They would otherwise appear a moment later."""
_was_fetched: session.VisitValue[bool] = session.VisitValue("list_was_fetched", False)
_NO_SUMMARIES = SummaryView()


@dataclass(frozen=True, slots=True, eq=False)
class ListNow:
    """The list, what the source says of its metrics, and the values of its runs from wherever they are known."""

    listing: JobListView
    summaries: SummaryView
    values: ListValues

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The names of the metrics that are known, in alphabetical order."""
        read = (name for feed in self.values.feeds.values() for name in feed.metrics.metrics)
        return tuple(sorted({*self.summaries.names, *read}))


class ListReader:
    """Returns the list as it is now. Any thread may call it; it waits for nothing, and keeps the list up to date.

    Args:
        columns: those that are turned on.
        menu_is_open: whether the menu of columns shows the names of all metrics.

    Attributes: view: names what is read, for `LiveParts`.
    """

    def __init__(
        self,
        dash: Dashboard,
        columns: Sequence[Column] = (),
        *,
        menu_is_open: bool = False,
    ) -> None:
        metrics = metrics_of(columns)
        # The steps say whether the source or a feed has newer values.
        self._metrics = tuple(dict.fromkeys((STEP, *metrics))) if metrics else ()
        self._needs_summaries = bool(self._metrics) or menu_is_open
        self._dash = dash
        self.view = ("list", dash.feeds.number, self._metrics, self._needs_summaries)

    def __call__(self, wait_s: float = 0.0) -> ListNow:
        """Args: wait_s: how long to wait for summaries that were never fetched."""
        self._dash.jobs.refresh(REFRESH_S - 0.5)
        summaries = _NO_SUMMARIES
        if self._needs_summaries and self._dash.source.summaries is not None:
            summaries = self._dash.summaries.view(self._metrics, wait_s)
        values = ListValues(summaries.summaries, self._dash.feeds.snapshots())
        return ListNow(self._dash.jobs.snapshot(), summaries, values)


class OncePerList(Generic[T]):
    """What follows from a list, computed once for each list that comes, by any thread.

    It is computed again when a feed begins, but not with each of its events: there may be many jobs.

    Args: lasts_s: seconds after which it is computed again, since it depends on the time or on the feeds' values.
    """

    def __init__(self, compute: Callable[[ListNow], T], lasts_s: float = math.inf) -> None:
        self._compute, self._lasts_s = compute, lasts_s
        self._latest: tuple[ListNow, float, T] | None = None

    def __call__(self, now: ListNow) -> T:
        at, latest = time.monotonic(), self._latest
        if (
            latest is None
            or latest[0].listing.jobs is not now.listing.jobs
            or latest[0].summaries is not now.summaries
            or latest[0].values.feeds.keys() != now.values.feeds.keys()
            or at - latest[1] >= self._lasts_s
        ):
            latest = self._latest = now, at, self._compute(now)
        return latest[2]


def fetch_list(max_age_s: float = REFRESH_S - 0.5) -> None:
    """Request a new list if the last one is older than that, and wait for a quick answer."""
    poller = dashboard().jobs
    poller.refresh(max_age_s)
    poller.wait(QUICK_ANSWER_S)


def fetch_list_of_visit(*, now: bool) -> None:
    """Request a new list once in each visit, when it is due, or `now`, which does not wait for the answer."""
    if now:
        dashboard().jobs.refresh()
    elif _was_fetched.get():
        fetch_list()
    else:
        fetch_list(0.0)
    _was_fetched.set(True)


def can_be_archived() -> bool:
    """Whether jobs of this source can. A recording may be of an archived job, and no click can undo that."""
    return dashboard().source.keeper is not None


def kept_jobs(can_be_archived: bool, archived: bool, now: ListNow) -> list[Job]:
    """The jobs that are archived, or those that are not. None is where none can be."""
    return [job for job in now.listing.jobs if (job.archived and can_be_archived) == archived]


def show_no_jobs(title: str, description: str) -> None:
    """What stands in place of a list without jobs."""
    with st.container(key="jobs_empty"):
        st.html(f'<div class="arkor-empty"><strong>{escape(title)}</strong>{escape(description)}</div>')


def show_spinner(parts: LiveParts[ListNow], slot: DeltaGenerator) -> None:
    """A spinner while a slow answer is on its way."""
    is_shown = parts.now.listing.in_flight
    parts.depends(("spinner", is_shown), lambda now: is_shown and now.listing.in_flight)
    with slot:
        if is_shown:
            st.html('<span class="arkor-busy" role="status" aria-label="Loading jobs"></span>')


def _problems(now: ListNow) -> object:
    listing = now.listing
    return listing.error, listing.error and listing.fetched_at_ms, listing.loaded, listing.malformed


def list_problems(parts: LiveParts[ListNow]) -> None:
    """Why the list can't be shown, or is not the newest one."""
    view = parts.now.listing
    parts.depends("problems", _problems)
    with st.container():
        if view.error:
            of = view.fetched_at_ms
            as_of = "" if of is None else f" This is the list as of {local_time(of):%H:%M:%S}."
            problem = f"Failed to load jobs: {view.error}{as_of}"
            st.html(paragraph(problem, "arkor-banner", tag="div", role="alert"))
        elif not view.loaded:
            st.html(paragraph("Loading jobs…", "arkor-note", role="status"))
        if view.malformed:
            st.html(paragraph(f"{view.malformed:,} entries could not be read.", "arkor-note"))
