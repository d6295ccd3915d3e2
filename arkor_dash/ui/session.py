"""All that is kept per viewer. The only place that touches `st.session_state`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import streamlit as st

from arkor_dash.charts.loss_curve import CurveOptions
from arkor_dash.errors import SourceError
from arkor_dash.live.push import Watch
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


def arrive(page: str) -> None:
    """Take note of the page that is shown; coming from another one, or from none, begins a new visit."""
    if st.session_state.get("_page") != page:
        st.session_state["_page"] = page
        st.session_state["_visit"] = visit() + 1
        st.session_state.pop("_artifact", None)  # may be large


def watch_of(kind: str, make: Callable[[], Watch]) -> Watch:
    """What the server tells the viewer's browser by when `kind` is to be drawn again."""
    kept = st.session_state.get(f"_wake_{kind}")
    made: Watch = make() if kept is None else kept
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


def keep_export(name: str, asked: Future[bytes]) -> None:
    """Keep the file `name` that is being made, or is there to be downloaded."""
    st.session_state["_export"] = (visit(), name, asked)


def kept_export(name: str) -> Future[bytes] | None:
    kept = st.session_state.get("_export")
    return kept[2] if kept is not None and kept[:2] == (visit(), name) else None


def export_in_the_making() -> Future[bytes] | None:
    kept = st.session_state.get("_export")
    return kept[2] if kept is not None and not kept[2].done() else None


def artifact_on_its_way() -> Future[bytes] | None:
    kept = st.session_state.get("_artifact")
    return kept[1] if kept is not None and not kept[1].done() else None


def keep_artifact(key: object, asked: Future[bytes]) -> None:
    """Keep the one artifact that is being fetched, or is there to be saved, for as long as this visit."""
    st.session_state["_artifact"] = (key, asked)


def kept_artifact(key: object) -> Future[bytes] | None:
    kept = st.session_state.get("_artifact")
    return kept[1] if kept is not None and kept[0] == key else None


def keep_refused_rerun(job_id: str, error: SourceError | None) -> None:
    """Keep why the job could not be run again the last time, for as long as this visit."""
    st.session_state["_refused_rerun"] = (visit(), job_id, error)


def refused_rerun(job_id: str) -> SourceError | None:
    kept = st.session_state.get("_refused_rerun")
    return kept[2] if kept is not None and kept[:2] == (visit(), job_id) else None


def forget_export() -> None:
    kept = st.session_state.pop("_export", None)
    if kept is not None:
        kept[2].cancel()


def keep_chart(chart: ChartCache) -> None:
    st.session_state["_chart"] = chart


def kept_chart() -> ChartCache | None:
    return st.session_state.get("_chart")


def chart_view(key: str) -> dict[str, Any] | None:
    """What the browser reported last of the chart with that key: the range in view, and how wide it is drawn."""
    view: dict[str, Any] | None = st.session_state.get(key, {}).get("view")
    return view
