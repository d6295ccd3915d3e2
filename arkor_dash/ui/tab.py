"""The browser's tab: its title, and the mark that calls its viewer back."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from . import session

_ICON = Path(__file__).parent / "assets" / "icon.svg"
CALL = "● "


def tab_title(text: str) -> None:
    """Name the browser's tab.

    The icon is our own, and the pages have none: Streamlit would fetch the tab's icon from a server of Google's.
    """
    session.keep_tab(text)
    st.set_page_config(page_title=f"{text} · arkor-dash", page_icon=str(_ICON), layout="wide")


def call_back() -> None:
    """Mark the tab until its next page is opened."""
    tab_title(CALL + session.tab().removeprefix(CALL))
