"""The title of the browser's tab."""

from __future__ import annotations

import streamlit as st

from arkor_dash.live.server.page_head import ICON

from . import session

NEWS_MARK = "● "


def set_tab_title(text: str) -> None:
    """Name the browser's tab.

    The icon is a local file: for an emoji or a Material icon, the browser would send a request to Google.
    """
    session.keep_tab_title(text)
    st.set_page_config(page_title=f"{text} · arkor-dash", page_icon=str(ICON), layout="wide")


def mark_tab() -> None:
    """Mark the tab's title, as a sign of news, until the viewer opens another page."""
    set_tab_title(NEWS_MARK + session.tab_title().removeprefix(NEWS_MARK))
