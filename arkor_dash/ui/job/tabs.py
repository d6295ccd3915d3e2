"""The tabs of a job's page, and which of them is open. The page's address names it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from arkor_dash.ui import session
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.tabs import PARAMETER, Tab, show_tabs
from arkor_dash.ui.keys import key_part

from .job_now import JobNow
from .metrics_card import count_metrics

OVERVIEW, METRICS, OUTPUT, CONFIG, ARTIFACTS = TABS = ("overview", "metrics", "output", "config", "artifacts")
PANEL = "job_panel"
"""The key of the container with the content of the open tab."""


@dataclass(frozen=True, slots=True)
class OpenTab:
    """The open tab of a job's page, one of `TABS`. `number` is that of the newest choice in the browser."""

    job_id: str
    name: str
    number: str = ""


_kept: session.VisitValue[OpenTab | None] = session.VisitValue("job_tab", None)


def open_tab(job_id: str) -> OpenTab:
    """The tab that the viewer has open: first the one that the address names, then what the browser reports."""
    tab = _kept.get()
    if tab is None or tab.job_id != job_id:
        tab = OpenTab(job_id, _known(st.query_params.get(PARAMETER)))
    match session.reported(_key(job_id)).get("choice"):
        case {"open": str(name), "number": str(number)} if number != tab.number:
            tab = OpenTab(job_id, _known(name), number)
    _kept.set(tab)
    return tab


def switch_tab(name: str) -> None:
    """Open another tab of the job that is shown."""
    kept = _kept.get()
    if kept is not None:
        _kept.set(replace(kept, name=name))


def job_tabs(parts: LiveParts[JobNow], tab: OpenTab) -> None:
    """All tabs. One that has nothing to show says so, so that none comes or goes while a run is live."""
    counts = {METRICS: count_metrics(parts.now), ARTIFACTS: len(parts.now.feed.artifacts)}
    with st.container(key="job_tabs"):
        show_tabs(
            [Tab(name, name.capitalize(), counts.get(name) or None) for name in TABS],
            tab.name,
            key=_key(tab.job_id),
            number=tab.number,
            panel=PANEL,
            label="Parts of the job's page",
        )


def tab_button(label: str, name: str) -> None:
    """A button that opens another tab."""
    st.button(label, key=f"to_{name}", type="tertiary", on_click=switch_tab, args=(name,))


def _key(job_id: str) -> str:
    return f"job_tabs_{key_part(job_id)}"


def _known(name: str | None) -> str:
    return name if name in TABS else OVERVIEW
