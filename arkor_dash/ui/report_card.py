"""How a training script of the viewer reports to this dashboard, on the Overview page."""

from __future__ import annotations

import streamlit as st

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.protocol.discovery import running_studios
from arkor_dash.sources import StudioSource

from . import account
from .resources import dashboard
from .text import paragraph

HEADING = "Report from your own script"
INTRODUCTION = (
    "No project needed: a script or notebook on this machine that has these lines shows up as a job, live."
)
SNIPPET = """from arkor_dash.sdk import init

with init(name="my-run"{address}) as run:
    for step in range(1, 101):
        run.log(step, loss=1 / step)  # your own loss
"""
INSTALLATION = (
    "Run it with the Python of this dashboard. For another one, install the SDK from the dashboard's folder: "
    "pip install ./distributions/sdk"
)


def report_card() -> None:
    """The snippet, folded once there are jobs. Nothing where a script's report would not arrive."""
    dash = dashboard()
    snippet = script_snippet(dash)
    if snippet is None or account.refusal() is not None:
        return
    has_jobs = bool(dash.jobs.snapshot().jobs)
    with st.expander(HEADING, expanded=not has_jobs, icon=":material/code:", key="report_from_script"):
        st.html(paragraph(INTRODUCTION, "arkor-note"))
        st.code(snippet, language=None, wrap_lines=True)
        st.html(paragraph(INSTALLATION, "arkor-note"))


def script_snippet(dash: Dashboard) -> str | None:
    """A script that reports to the source; None if scripts of this machine can't.

    Without an address, a script reports to the Studio that it finds here. It has one only if that could be another:
    the address of an embedded Studio holds until the dashboard ends.
    """
    if not isinstance(dash.source, StudioSource):
        return None
    found = [studio.url for studio in running_studios()]
    if dash.source.url not in found:
        return None
    address = "" if len(found) == 1 else f', url="{dash.source.url}"'
    return SNIPPET.format(address=address)
