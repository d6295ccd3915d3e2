"""The state that is kept for each viewer. The only module of the pages that touches `st.session_state`.

A viewer is one browser tab. A visit lasts from the opening of a page until another one is opened, or until a reload.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import streamlit as st

from arkor_dash.charts.growing_chart import GrowingChart
from arkor_dash.live.push import PageWatch
from arkor_dash.protocol.fields import read_text
from arkor_dash.ui.browser.chart_cursor import ChartCursor, Growing
from arkor_dash.ui.browser.row_cursor import RowCursor

if TYPE_CHECKING:
    from arkor_dash.live.dashboard import Dashboard

T = TypeVar("T")
WATCHED_JOBS = 10
"""The most jobs that are watched for a viewer. Each holds a stream open."""


class ViewerValue(Generic[T]):
    """A value for each viewer, or `default` if none was set."""

    def __init__(self, name: str, default: T) -> None:
        self._name = f"_{name}"
        self._default = default

    def get(self) -> T:
        value: T = st.session_state.get(self._name, self._default)
        return value

    def set(self, value: T) -> None:
        st.session_state[self._name] = value


class VisitValue(Generic[T]):
    """A value for each viewer until the end of the visit; then `default` again."""

    def __init__(self, name: str, default: T) -> None:
        self._kept: ViewerValue[tuple[int, T] | None] = ViewerValue(name, None)
        self._default = default

    def get(self) -> T:
        kept = self._kept.get()
        return kept[1] if kept is not None and kept[0] == _visit.get() else self._default

    def set(self, value: T) -> None:
        self._kept.set((_visit.get(), value))


_page: ViewerValue[str | None] = ViewerValue("page", None)
_visit = ViewerValue("visit", 0)
_watches: VisitValue[dict[str, PageWatch]] = VisitValue("watches", {})
_open_charts: VisitValue[dict[str, Growing]] = VisitValue("open_charts", {})
_filters: ViewerValue[dict[str, object]] = ViewerValue("filters", {})
_tab_title = ViewerValue("tab_title", "")
_watched_jobs: ViewerValue[tuple[str, ...]] = ViewerValue("watched_jobs", ())
_is_redirected = ViewerValue("is_redirected", False)
_upload: ViewerValue[tuple[str, Dashboard] | None] = ViewerValue("upload", None)
_rerun: VisitValue[tuple[str, Future[str]] | None] = VisitValue("rerun", None)


def begin_visit(page: str) -> bool:
    """Note the page that is shown. Returns whether that begins a new visit."""
    if _page.get() == page:
        return False
    _page.set(page)
    _visit.set(_visit.get() + 1)
    _watches.set({})  # drops those of the last visit, and so ends their websockets
    _open_charts.set({})
    return True


def page_watch(kind: str) -> PageWatch:
    """The viewer's watch on the fragment `kind` in this visit, made at the first call."""
    watches = _watches.get()
    fragment_watch = watches.get(kind) or PageWatch(kind)
    _watches.set({**watches, kind: fragment_watch})
    return fragment_watch


def open_loss_chart() -> GrowingChart | None:
    """The loss chart that the viewer has open."""
    chart = _open_charts.get().get("loss")
    return chart if isinstance(chart, GrowingChart) else None


def keep_open_chart(kind: str, chart: Growing) -> None:
    _open_charts.set({**_open_charts.get(), kind: chart})


def restore_filters() -> None:
    """Restore the filters of the Jobs page after the browser's Back button, whose address has a job's id instead.

    This takes a second run: in the first one, Streamlit reads the filters from the address, which has none.
    """
    if "id" in st.query_params:
        del st.query_params["id"]
        for name, value in _filters.get().items():
            st.session_state[name] = value
        st.rerun()


def keep_filters(**filters: object) -> None:
    """Keep the values of the filters, by their names in the address."""
    _filters.set(filters)


def keep_tab_title(title: str) -> None:
    _tab_title.set(title)


def tab_title() -> str:
    return _tab_title.get()


def watched_jobs() -> tuple[str, ...]:
    """The ids of the jobs that the viewer saw running and has not seen end, the latest last."""
    return _watched_jobs.get()


def watch_job(job_id: str) -> None:
    others = tuple(other for other in watched_jobs() if other != job_id)
    _watched_jobs.set((*others, job_id)[-WATCHED_JOBS:])


def unwatch_job(job_id: str) -> None:
    _watched_jobs.set(tuple(other for other in watched_jobs() if other != job_id))


def has_changed(topic: str, value: object) -> bool:
    """Whether `value` differs from the value of the last call with this topic."""
    last: ViewerValue[object] = ViewerValue(f"news_{topic}", None)
    differs = last.get() != value
    last.set(value)
    return differs


def note_redirect() -> None:
    """Note that this run sends the browser to another address."""
    _is_redirected.set(True)


def take_redirect() -> bool:
    """Whether this run sends the browser to another address. True only at the first call."""
    redirected = _is_redirected.get()
    _is_redirected.set(False)
    return redirected


def cursor(name: str) -> RowCursor:
    """The rows of the list `name` that the browser has received in this visit."""
    kept: VisitValue[RowCursor | None] = VisitValue(f"cursor_{name}", None)
    place = kept.get() or RowCursor()
    kept.set(place)
    return place


def chart_cursor(kind: str) -> ChartCursor:
    """How much of the chart of that kind the browser has received in this visit."""
    kept: VisitValue[ChartCursor | None] = VisitValue(f"chart_cursor_{kind}", None)
    place = kept.get() or ChartCursor()
    kept.set(place)
    return place


def keep_uploaded_recording(token: str, opened: Dashboard) -> None:
    """Keep the recording that was opened from the viewer's disk, in place of the last one."""
    _upload.set((token, opened))


def uploaded_recording(token: str) -> Dashboard | None:
    """The recording with that token; None if another one was opened since, or the tab was reloaded."""
    kept = _upload.get()
    return kept[1] if kept is not None and kept[0] == token else None


def entered(key: str) -> Any:
    """The value that the viewer has entered in the field with that key; None if there is no such field."""
    return st.session_state.get(key)


def enter(key: str, value: object) -> None:
    """Set the value of the field with that key. The page may do so only before it draws the field."""
    st.session_state[key] = value


def keep_rerun(job_id: str, request: Future[str]) -> None:
    """Keep the request to run the job again until the end of the visit. The request returns the new job's id."""
    _rerun.set((job_id, request))


def rerun_in_progress(job_id: str) -> Future[str] | None:
    """The request to run the job again that has no answer yet."""
    request = _kept_rerun(job_id)
    return request if request is not None and not request.done() else None


def failed_rerun(job_id: str) -> BaseException | None:
    """Why the job could not be run again the last time."""
    request = _kept_rerun(job_id)
    return request.exception() if request is not None and request.done() else None


def take_started_rerun(job_id: str) -> str | None:
    """The id of the job that the request has started. Only the first call returns it; later ones return None."""
    request = _kept_rerun(job_id)
    if request is None or not request.done() or request.exception() is not None:
        return None
    _rerun.set(None)
    return request.result()


def _kept_rerun(job_id: str) -> Future[str] | None:
    kept = _rerun.get()
    return kept[1] if kept is not None and kept[0] == job_id else None


def chart_view(key: str) -> dict[str, Any] | None:
    """The last report of the chart with that key: the range in view, and the chart's width in pixels."""
    view: dict[str, Any] | None = reported(key).get("view")
    return view


def reported_texts(key: str, name: str) -> list[str]:
    """The texts in the list `name` that the browser component with that key has reported."""
    entries = reported(key).get(name)
    return [read_text(entry) for entry in entries] if isinstance(entries, list) else []


def reported(key: str) -> dict[str, Any]:
    """The state that the browser component with that key has reported."""
    state: dict[str, Any] = st.session_state.get(key, {})
    return state
