"""What every page stands in: navigation, styles, and the line that says where the data come from."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from . import session
from .resources import dashboard
from .source_line import live_source
from .tab import tab_title
from .text import paragraph

_ASSETS = Path(__file__).parent / "assets"
_STYLE = (_ASSETS / "style.css").read_text(encoding="utf-8")

OVERVIEW = "pages/overview.py"
JOBS = "pages/jobs.py"
JOB = "pages/job.py"
COMPARE = "pages/compare.py"


def shell() -> Page:
    """Set up navigation and styles; returns the page that the address names.

    Each page calls this too: on the first request after a start, Streamlit may run a page without the entry script.
    """
    st.html(f"<style>{_STYLE}</style>")
    page = st.navigation(
        [
            st.Page(
                OVERVIEW,
                title="Overview",
                default=True,
                help="Start a training run, follow its output, and see the latest jobs.",
            ),
            st.Page(
                JOBS,
                title="Jobs",
                url_path="jobs",
                help="Every job, newest first. Search by name or ID and filter by status.",
            ),
            st.Page(JOB, title="Job", url_path="job", visibility="hidden"),
            st.Page(COMPARE, title="Compare", url_path="compare", visibility="hidden"),
        ],
        position="top",
    )
    tab_title(page.title)
    session.arrive(page.url_path)
    if page.url_path != "job":
        session.restore_filters()
    return page


def page_title(text: str) -> None:
    """A page's heading, and where its data come from. Where there is no source, the page says so and ends here."""
    dashboard()
    with st.container(gap="xsmall"):
        st.html(paragraph(text, "arkor-title", tag="h1"))
        live_source()


def heading(text: str) -> None:
    """The heading of a card."""
    st.html(paragraph(text, "arkor-heading", tag="h2"))


def links() -> None:
    """Where to read on."""
    with st.container(horizontal=True):
        st.link_button("Arkor", "https://github.com/arkorlab/arkor", icon=":material/code:", type="tertiary")
