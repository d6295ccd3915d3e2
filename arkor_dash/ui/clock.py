"""The time zone of the viewer's browser."""

from __future__ import annotations

import streamlit as st


def utc_offset_ms() -> float:
    """How far the viewer's clock is ahead of UTC."""
    return -60_000.0 * (st.context.timezone_offset or 0)
