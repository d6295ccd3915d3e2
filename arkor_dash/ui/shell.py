"""The parts that all pages share: navigation, styles, the title, and the line that names the source."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from arkor_dash.charts.theme import css_variables

from . import session
from .download import drop_download
from .resources import dashboard
from .source_line import live_source_line
from .tab import set_tab_title
from .text import paragraph

OVERVIEW = "pages/overview.py"
JOBS = "pages/jobs.py"
JOB = "pages/job.py"
COMPARE = "pages/compare.py"


def _style_sheet() -> str:
    """The style sheet, with its colours. `.stApp` carries the `color-scheme` that `light-dark()` follows."""
    rules = (Path(__file__).parent / "assets" / "style.css").read_text(encoding="utf-8")
    variables = "".join(f"{name}: {value};" for name, value in css_variables().items())
    return f"<style>.stApp {{{variables}}}\n{rules}</style>"


_STYLE_SHEET = _style_sheet()


def shell() -> Page:
    """Set up navigation and styles. Returns the page that the address names.

    Each page calls this too: on the first request after a start, Streamlit may run a page without the entry script.
    """
    st.html(_STYLE_SHEET)
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
    set_tab_title(page.title)
    if session.begin_visit(page.url_path):
        drop_download()
    if page.url_path != "job":
        session.restore_filters()
    return page


def page_title(text: str) -> None:
    """A page's heading and the line about its source. If there is no source, the page says why and stops here."""
    dashboard()
    with st.container(gap="xsmall"):
        st.html(paragraph(text, "arkor-title", tag="h1"))
        live_source_line()


def heading(text: str) -> None:
    """The heading of a card."""
    st.html(paragraph(text, "arkor-heading", tag="h2"))


def links() -> None:
    """Links to further reading."""
    with st.container(horizontal=True):
        st.link_button("Arkor", "https://github.com/arkorlab/arkor", icon=":material/code:", type="tertiary")
