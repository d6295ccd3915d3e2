"""The parts that all pages share: styles, the header with the navigation, the title, and the line on the source."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from arkor_dash.live.server.page_head import icon_address, style_element

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


# A host that serves Streamlit's own page has no style sheet in its head.
_STYLE_SHEET = style_element()
# Streamlit removes an SVG element from HTML.
_MARK = f'<img alt="" src="{icon_address()}">'


def navigation() -> Page:
    """Set up the styles and the pages. Returns the page that the address names."""
    st.html(_STYLE_SHEET)
    page = st.navigation(
        [
            st.Page(OVERVIEW, title="Overview", default=True),
            st.Page(JOBS, title="Jobs", url_path="jobs"),
            st.Page(JOB, title="Job", url_path="job"),
            st.Page(COMPARE, title="Compare", url_path="compare"),
        ],
        position="hidden",
    )
    set_tab_title(page.title)
    if session.begin_visit(page.url_path):
        drop_download()
    if page.url_path != "job":
        session.restore_filters()
    return page


def shell() -> None:
    """Begin a page: set up the navigation, and draw the header.

    Each page calls this: on the first request after a start, Streamlit may run a page without the entry script.
    """
    navigation()
    with st.container(
        key="header", horizontal=True, vertical_alignment="center", gap="xsmall", width="content"
    ):
        st.html(f'<span class="arkor-brand">{_MARK}<span>arkor-dash</span></span>', width="content")
        for page, label in ((OVERVIEW, "Overview"), (JOBS, "Jobs")):
            st.page_link(page, label=label, width="content")


def page_title(text: str) -> None:
    """A page's heading and the line about its source. If there is no source, the page says why and stops here."""
    dashboard()
    with st.container(gap="xsmall"):
        st.html(paragraph(text, "arkor-title", tag="h1"))
        live_source_line()


def heading(text: str) -> None:
    """The heading of a card."""
    st.html(paragraph(text, "arkor-heading", tag="h2"))
