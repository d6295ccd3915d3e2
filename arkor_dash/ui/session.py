"""All that is kept per viewer. The only place that touches `st.session_state`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Event
from typing import Any

import streamlit as st

from arkor_dash.charts.loss_curve import CurveOptions
from arkor_dash.live.push import PageWatch
from arkor_dash.metrics.findings import Finding
from arkor_dash.sources import Manifest
from arkor_dash.ui.browser.row_cursor import Cursor

WATCHED = 10
"""Jobs that are watched for a viewer at most; each holds a stream open."""


@dataclass(frozen=True, slots=True)
class ChartCache:
    """A drawing and what it was made from, so that nothing is drawn twice."""

    key: object
    figure: dict[str, Any]
    alt: str
    note: str = ""
    findings: tuple[Finding, ...] = ()
    options: CurveOptions | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making a file: its content, or the `problem` that prevented it."""

    content: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedDownload:
    """A file that is being made, or has been made. `unwanted` tells its maker that nobody waits for it any more."""

    id: object
    group: str
    made: Future[Made]
    unwanted: Event


def arrive(page: str) -> None:
    """Take note of the page that is shown; coming from another one, or from none, begins a new visit."""
    if st.session_state.get("_page") != page:
        st.session_state["_page"] = page
        st.session_state["_visit"] = visit() + 1
        _drop_download()  # may be large
        st.session_state.pop("_file_shown", None)


def watch_of(kind: str, make: Callable[[], PageWatch]) -> PageWatch:
    """What the server tells the viewer's browser by when `kind` is to be drawn again."""
    kept = st.session_state.get(f"_wake_{kind}")
    made: PageWatch = make() if kept is None else kept
    st.session_state[f"_wake_{kind}"] = made
    return made


def visit() -> int:
    """The number of the visit to the page that is shown: a new one with each page load."""
    number: int = st.session_state.get("_visit", 0)
    return number


def restore_filters() -> None:
    """Bring the filters back that the address lost: the browser's Back from a job leads to one with the job's id.

    In the run of a Back, an address without a parameter overrules the session's state; in the next one it does not.
    """
    if "id" in st.query_params:
        del st.query_params["id"]
        for name, value in st.session_state.get("_filters", {}).items():
            st.session_state[name] = value
        st.rerun()


def keep_filters(query: str, status: str) -> None:
    st.session_state["_filters"] = {"q": query, "status": status}


def chosen_jobs() -> list[str]:
    """The jobs that are ticked for a comparison, in the order of their ticks."""
    chosen: list[str] = st.session_state.get("_chosen", [])
    return chosen


def choose_jobs(job_ids: list[str]) -> None:
    st.session_state["_chosen"] = job_ids


def keep_tab(title: str) -> None:
    st.session_state["_tab"] = title


def tab() -> str:
    """What the browser's tab is called."""
    title: str = st.session_state.get("_tab", "")
    return title


def watched() -> tuple[str, ...]:
    """The jobs that the viewer saw running and has not seen end, the latest last."""
    return tuple(st.session_state.get("_watched", ()))


def watch(job_id: str) -> None:
    st.session_state["_watched"] = [*(known for known in watched() if known != job_id), job_id][-WATCHED:]


def unwatch(job_id: str) -> None:
    st.session_state["_watched"] = [known for known in watched() if known != job_id]


def is_news(topic: str, value: object) -> bool:
    """True the first time that this viewer is told `value` on a topic."""
    name = f"_told_{topic}"
    new: bool = st.session_state.get(name) != value
    st.session_state[name] = value
    return new


def leave() -> None:
    """Take note that this run sends the browser to another address."""
    st.session_state["_leaves"] = True


def leaves() -> bool:
    """Whether this run sends the browser to another address, asked once a run."""
    return bool(st.session_state.pop("_leaves", False))


def cursor(name: str) -> Cursor:
    """The viewer's place in the growing list `name`, which begins anew with each visit."""
    kept = st.session_state.get(f"_cursor_{name}")
    if kept is None or kept[0] != visit():
        kept = st.session_state[f"_cursor_{name}"] = (visit(), Cursor())
    place: Cursor = kept[1]
    return place


def renew_manifest(request: Callable[[], Future[Manifest]]) -> Future[Manifest]:
    """Ask anew, unless that is under way. The answer of before stands until the new one is here."""
    asked: Future[Manifest] | None = st.session_state.get("_manifest_anew")
    if asked is None:
        asked = st.session_state["_manifest_anew"] = request()
    return asked


def manifest(request: Callable[[], Future[Manifest]]) -> Future[Manifest]:
    """The manifest that was asked for in this visit; asked for now, if it was not yet."""
    kept, anew = st.session_state.get("_manifest"), st.session_state.get("_manifest_anew")
    answer: Future[Manifest]
    if kept is None or kept[0] != visit():
        answer, anew = request(), None
    elif anew is not None and anew.done():
        answer, anew = anew, None
    else:
        answer = kept[1]
    st.session_state["_manifest"], st.session_state["_manifest_anew"] = (visit(), answer), anew
    return answer


def keep_uploaded_recording(token: str, opened: Any) -> None:
    """Keep what was opened from the viewer's disk, in place of what was before."""
    st.session_state["_upload"] = (token, opened)


def uploaded_recording(token: str) -> Any:
    """What was kept by that token; None if it is not here any more."""
    kept = st.session_state.get("_upload")
    return kept[1] if kept is not None and kept[0] == token else None


def keep_download(download: PreparedDownload) -> None:
    """Keep the one file that is made for the viewer, in place of the last one."""
    _drop_download()
    st.session_state["_download"] = download


def prepared_download(download_id: object) -> Future[Made] | None:
    """The file with that id; None if it was not asked for, or another one since."""
    kept: PreparedDownload | None = st.session_state.get("_download")
    return kept.made if kept is not None and kept.id == download_id else None


def download_is_made() -> Callable[[], bool]:
    """A function that says, in any thread, whether nothing is being made for the viewer any more."""
    kept: PreparedDownload | None = st.session_state.get("_download")
    return (lambda: True) if kept is None else kept.made.done


def forget_download(group: str) -> None:
    """Drop the viewer's file if that part of the page offers it."""
    kept: PreparedDownload | None = st.session_state.get("_download")
    if kept is not None and kept.group == group:
        _drop_download()


def keep_that_file_was_shown() -> None:
    """Take note that Streamlit holds a copy of the viewer's file, until the whole page runs again."""
    st.session_state["_file_shown"] = st.session_state.get("_download")


def must_release_files() -> bool:
    """Whether the whole page has to run now, so that Streamlit lets go of its copy of a file that was dropped.

    That takes two runs: Streamlit marks the copy in the first, and deletes it in the second.
    """
    shown = st.session_state.get("_file_shown")
    if shown is not None and shown is not st.session_state.get("_download"):
        st.session_state["_file_shown"] = None
        st.session_state["_releasing_runs"] = 2
    left: int = st.session_state.get("_releasing_runs", 0)
    if left:
        st.session_state["_releasing_runs"] = left - 1
    return left > 0


def _drop_download() -> None:
    dropped: PreparedDownload | None = st.session_state.pop("_download", None)
    if dropped is not None:
        dropped.unwanted.set()
        dropped.made.cancel()


def entered(key: str) -> Any:
    """What the viewer has entered in the field with that key; None if there is none."""
    return st.session_state.get(key)


def keep_rerun(job_id: str, request: Future[str]) -> None:
    """Keep the request to run the job again, for as long as this visit. It returns the id of the new job."""
    st.session_state["_rerun"] = (visit(), job_id, request)


def rerun_under_way(job_id: str) -> Future[str] | None:
    """The request to run the job again that has no answer yet."""
    request = _kept_rerun(job_id)
    return request if request is not None and not request.done() else None


def failed_rerun(job_id: str) -> BaseException | None:
    """Why the job could not be run again the last time."""
    request = _kept_rerun(job_id)
    return request.exception() if request is not None and request.done() else None


def take_started_rerun(job_id: str) -> str | None:
    """The id of the job that the request has started, once."""
    request = _kept_rerun(job_id)
    if request is None or not request.done() or request.exception() is not None:
        return None
    del st.session_state["_rerun"]
    return request.result()


def _kept_rerun(job_id: str) -> Future[str] | None:
    kept = st.session_state.get("_rerun")
    return kept[2] if kept is not None and kept[:2] == (visit(), job_id) else None


def keep_chart(chart: ChartCache) -> None:
    st.session_state["_chart"] = chart


def kept_chart() -> ChartCache | None:
    return st.session_state.get("_chart")


def chart_view(key: str) -> dict[str, Any] | None:
    """What the browser reported last of the chart with that key: the range in view, and how wide it is drawn."""
    view: dict[str, Any] | None = st.session_state.get(key, {}).get("view")
    return view
